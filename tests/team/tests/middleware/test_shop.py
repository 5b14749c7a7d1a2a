from httpx2 import AsyncClient


async def test_every_answer_names_the_shop(client: AsyncClient) -> None:
    assert (await client.get("/nowhere")).headers["X-Shop"] == "corner"
