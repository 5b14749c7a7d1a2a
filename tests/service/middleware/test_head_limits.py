import pytest
from httpx2 import AsyncClient


@pytest.mark.parametrize("method", ["TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/health/live", "/nope"])
async def test_a_method_that_no_route_has_is_refused(
    client: AsyncClient, method: str, path: str
) -> None:
    response = await client.request(method, path)

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
    assert "GET" in response.headers["allow"]


@pytest.mark.parametrize(
    "headers",
    [
        [(f"X-{number}", "1") for number in range(100)],
        [("X-Many", "1")] * 100,
        [("X-Long", "x" * 8_200)],
        [(f"X-{number}", "x" * 7_000) for number in range(5)],
    ],
)
async def test_more_headers_than_anybody_needs_are_refused(
    client: AsyncClient, headers: list[tuple[str, str]]
) -> None:
    response = await client.get("/health/live", headers=headers)

    assert response.status_code == 431
    assert response.json()["code"] == "request_header_fields_too_large"


@pytest.mark.parametrize("target", ["/nope?" + "x" * 8_200, "/" + "x" * 8_200])
async def test_a_target_that_is_too_long_is_refused(client: AsyncClient, target: str) -> None:
    response = await client.get(target)

    assert response.status_code == 414
    assert response.json()["code"] == "uri_too_long"


CONTROLS = ["%00", "%09", "%0a", "%0D", "%1B", "%1f", "%7F", "%C2%80", "%c2%9f"]


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize(
    "target", ["/health/live{}", "/metrics{}", "/{}", "/nope?a={}", "/nope?{}=a", "/nope?a=b{}c"]
)
async def test_control_characters_in_a_target_are_refused(
    client: AsyncClient, target: str, control: str
) -> None:
    response = await client.get(target.format(control))

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_text"


@pytest.mark.parametrize(
    "text", ["%20", "%7E", "%C2%A0", "%E2%80%A8", "%250a", "%F0%9F%98%80", "+"]
)
async def test_other_characters_pass(client: AsyncClient, text: str) -> None:
    response = await client.get(f"/nope/{text}?a={text}&{text}=a")

    assert response.status_code == 404
