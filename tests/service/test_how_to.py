"""The recipes of docs/how-to.md do what they say."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from httpx2 import AsyncClient

from app.core.config import Settings
from app.db.models.item import Item
from app.db.session import Database
from app.main import create_app
from service.support.watching import watch_connections
from tests.platform.support import Account, make_account, running

ROWS = 150


def read_recipe(begins: str) -> dict[str, Any]:
    """Runs the first block of Python below a heading."""
    _, section = Path("docs/how-to.md").read_text(encoding="utf-8").split(f"\n## {begins}", 1)
    [block, *_] = re.findall(r"^```python\n(.+?)^```$", section, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(block, "docs/how-to.md", "exec"), names)  # noqa: S102 - our own documentation
    return names


async def fill(database: Database, account: Account) -> None:
    async with database.session(tenant_id=account.tenant_id) as session:
        session.add_all(
            Item(name=f"{account.email} {number}", description="", created_by=account.user_id)
            for number in range(ROWS)
        )


async def test_a_stream_has_the_rows_of_its_tenant(
    settings: Settings,
    database: Database,
    owner: Account,
    sign_in: Callable[[Account], dict[str, str]],
) -> None:
    app = create_app(settings)
    app.include_router(read_recipe("Work after the response")["router"])
    other = await make_account(database, email="bob@example.com")
    for account in (owner, other):
        await fill(database, account)

    async with running(app) as client:
        lines = await read_lines(client, sign_in(owner))
    assert len(set(lines)) == ROWS
    assert all(owner.email in line for line in lines)


async def read_lines(client: AsyncClient, headers: dict[str, str]) -> list[str]:
    answer = await client.get("/items.jsonl", headers=headers)
    assert answer.headers["content-type"] == "application/jsonl"
    return answer.text.splitlines()


async def test_a_stream_holds_no_connection_while_its_client_reads(
    database: Database, owner: Account
) -> None:
    await fill(database, owner)
    lines = read_recipe("Work after the response")["read_lines"](database, owner.tenant_id)

    with watch_connections() as connections:
        held = [connections.held async for _ in lines]
    assert held == [0, 0]
    assert connections.taken == len(held)
