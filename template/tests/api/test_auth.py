from collections.abc import Callable

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import delete

from app.core.security import PasswordHasher
from app.db.models.membership import Membership
from app.db.models.user import User
from app.db.session import Database
from tests.support import PASSWORD, Account, watch_connections

Headers = Callable[[Account], dict[str, str]]


async def ask_token(client: AsyncClient, **form: str) -> Response:
    given = {"grant_type": "password", "username": "ann@example.com", "password": PASSWORD}
    return await client.post("/api/v1/auth/token", data=given | form)


async def test_a_password_buys_a_token(client: AsyncClient, owner: Account) -> None:
    answer = await ask_token(client)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    granted = answer.json()
    assert granted["token_type"] == "Bearer"
    assert granted["expires_in"] == 900

    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    assert (await client.get("/api/v1/auth/me", headers=headers)).json() == {
        "user_id": str(owner.user_id),
        "email": owner.email,
        "tenant_id": str(owner.tenant_id),
        "role": "owner",
    }


async def test_the_email_is_not_case_sensitive(client: AsyncClient, owner: Account) -> None:
    assert (await ask_token(client, username=" Ann@Example.COM ")).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "nobody@example.com"}, "invalid_grant"),
        ({"password": PASSWORD + "x" * 1000}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"username": ""}, "invalid_request"),
        ({"password": ""}, "invalid_request"),
    ],
)
async def test_refusals_have_the_form_of_rfc_6749(
    client: AsyncClient, owner: Account, form: dict[str, str], error: str
) -> None:
    answer = await ask_token(client, **form)

    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.headers["cache-control"] == "no-store"


async def test_a_wrong_password_tells_nothing_about_the_email(
    client: AsyncClient, owner: Account
) -> None:
    known = await ask_token(client, password="wrong")
    unknown = await ask_token(client, username="nobody@example.com")

    assert known.json() == unknown.json()


async def test_a_token_for_an_ill_typed_form_is_refused(client: AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/token", json={"grant_type": "password"})

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic eA=="}]
)
async def test_without_a_valid_token_nobody_is_signed_in(
    client: AsyncClient, header: dict[str, str]
) -> None:
    answer = await client.get("/api/v1/auth/me", headers=header)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthorized"


@pytest.mark.parametrize("row", [User, Membership])
async def test_a_token_ends_with_what_it_stands_for(
    client: AsyncClient,
    database: Database,
    owner: Account,
    sign_in: Headers,
    row: type[User] | type[Membership],
) -> None:
    async with database.session() as session:
        await session.execute(delete(row))

    assert (await client.get("/api/v1/auth/me", headers=sign_in(owner))).status_code == 401


async def test_hashing_holds_no_connection(
    client: AsyncClient, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    with watch_connections() as connections:

        async def verify(*_: object) -> bool:
            held.append(connections.held)
            return True

        monkeypatch.setattr(PasswordHasher, "verify", verify)
        answer = await ask_token(client)

    assert answer.status_code == 200
    assert held == [0]
    assert connections.held == 0
