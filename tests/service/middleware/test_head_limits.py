import pytest
from httpx2 import AsyncClient


@pytest.mark.parametrize("method", ["TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/health/live", "/nope"])
async def test_a_method_that_no_route_has_is_refused(
    client: AsyncClient, method: str, path: str
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "headers",
    [
        [(f"X-{number}", "1") for number in range(100)],
        [("X-Many", "1")] * 100,
        [("X-Long", "x" * 33_000)],
    ],
)
async def test_more_headers_than_anybody_needs_are_refused(
    client: AsyncClient, headers: list[tuple[str, str]]
) -> None:
    answer = await client.get("/health/live", headers=headers)

    assert answer.status_code == 431
    assert answer.json()["code"] == "request_header_fields_too_large"


@pytest.mark.parametrize("target", ["/nope?" + "x" * 8_200, "/" + "x" * 8_200])
async def test_a_target_that_is_too_long_is_refused(client: AsyncClient, target: str) -> None:
    answer = await client.get(target)

    assert answer.status_code == 414
    assert answer.json()["code"] == "uri_too_long"
