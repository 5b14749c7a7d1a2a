"""One statement loads who is calling, whatever the request then does."""

from collections.abc import Callable

from httpx2 import AsyncClient

from service.support.watching import watch_statements
from tests.platform.support import Account

Headers = Callable[[Account], dict[str, str]]


async def test_authentication_takes_one_statement(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    with watch_statements() as seen:
        assert (await client.get("/api/v1/auth/me", headers=sign_in(owner))).status_code == 200

    selects = [statement for statement in seen if statement.startswith("SELECT")]
    assert len(selects) == 1
    assert all(table in selects[0] for table in ("users", "sessions", "memberships"))


async def test_a_role_is_not_remembered(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    with watch_statements() as seen:
        for _ in range(2):
            await client.get("/api/v1/auth/me", headers=sign_in(owner))

    assert len([statement for statement in seen if statement.startswith("SELECT")]) == 2
