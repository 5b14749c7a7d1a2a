"""Requests of the token endpoint."""

from httpx2 import AsyncClient, Response

from tests.platform.support import PASSWORD

TOKEN = "/api/v1/auth/token"


async def ask_token(client: AsyncClient, **form: str) -> Response:
    """Signs in as the first account of a test, unless the form says otherwise."""
    given = {"grant_type": "password", "username": "ann@example.com", "password": PASSWORD}
    return await client.post(TOKEN, data=given | form)


async def refresh(client: AsyncClient, token: str, **form: str) -> Response:
    given = {"grant_type": "refresh_token", "refresh_token": token}
    return await client.post(TOKEN, data=given | form)


def bearer(granted: Response) -> dict[str, str]:
    assert granted.status_code == 200, granted.text
    return {"Authorization": f"Bearer {granted.json()['access_token']}"}


def refresh_token(granted: Response) -> str:
    assert granted.status_code == 200, granted.text
    token: str = granted.json()["refresh_token"]
    return token
