"""Registration responds alike while another request makes a user of the address."""

import ast
import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

import app
from app.crud import users
from app.db.session import Database
from app.services import bootstrap
from app.services.mailer import Mail
from service.support.invited import BOB, accept, invite
from service.support.mailed import register
from tests.platform.support import PASSWORD, Account, SignIn

SERVICES = Path(app.__file__).parent / "services"


class Paused:
    """A function that waits, when it is done for the first time, until it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        self.function = getattr(owner, name)
        self.done, self.may_go_on = asyncio.Event(), asyncio.Event()
        monkeypatch.setattr(owner, name, self)

    async def __call__(self, *arguments: Any, **named: Any) -> Any:
        result = await self.function(*arguments, **named)
        if not self.done.is_set():
            self.done.set()
            await self.may_go_on.wait()
        return result


async def register_while(
    client: AsyncClient, paused: Paused, other: Coroutine[Any, Any, object]
) -> Response:
    """Registers while the other has made a user that is not committed."""
    making = asyncio.create_task(other)
    await paused.done.wait()
    registering = asyncio.create_task(register(client, BOB))
    await asyncio.sleep(0.5)  # the hash is there, and it waits
    assert not registering.done()
    paused.may_go_on.set()
    await making
    return await registering


async def test_an_invitation_that_is_accepted(
    client: AsyncClient,
    owner: Account,
    sign_in: SignIn,
    outbox: list[Mail],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await invite(client, sign_in(owner), BOB)
    paused = Paused(monkeypatch, users, "create")
    accepting = accept(client, outbox[0], password=PASSWORD)
    response = await register_while(client, paused, accepting)

    assert (response.status_code, response.text) == (202, "")
    assert [mail.to for mail in outbox] == [BOB, BOB]
    assert "account" in outbox[1].subject


async def test_an_owner_from_the_command_line(
    client: AsyncClient,
    database: Database,
    outbox: list[Mail],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def create_owner() -> None:
        async with database.session() as session:
            await bootstrap.create_owner(
                session, email=BOB, password_hash="none", tenant_name="Acme"
            )

    paused = Paused(monkeypatch, users, "create")
    response = await register_while(client, paused, create_owner())

    assert (response.status_code, response.text) == (202, "")


def test_making_a_user_locks_the_address() -> None:
    makers = [
        (path.name, function.name, ast.unparse(function))
        for path in SERVICES.rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.AsyncFunctionDef) and "users.create(" in ast.unparse(function)
    ]

    assert len(makers) >= 3
    assert [each[:2] for each in makers if "users.lock_address(" not in each[2]] == []
