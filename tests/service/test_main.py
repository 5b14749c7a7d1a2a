"""The whole application: what it refuses, and what teams plug into it."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import pytest
from fastapi import Request
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.deps import resource
from app.context import AppContext
from app.core.config import Settings
from app.core.limits.throttle import Throttle, account_key, address_key
from app.core.settings.errors import ConfigurationError
from app.extension_points import Extensions
from app.main import create_app
from tests.platform.support import running


class NoteMiddleware:
    """A team's middleware."""

    def __init__(self, app: ASGIApp, *, name: str) -> None:
        self.app = app
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"].setdefault("notes", []).append(self._name)
        await self.app(scope, receive, send)


@dataclass
class Mailbox:
    """A resource of a team's."""

    address: str


def test_production_is_refused_with_settings_of_a_laptop(settings: Settings) -> None:
    laptop = settings.model_copy(update={"environment": "production"})

    with pytest.raises(ConfigurationError, match="TRUSTED_HOSTS"):
        create_app(laptop)


async def test_middleware_and_resources_of_the_team_are_there(settings: Settings) -> None:
    closed: list[str] = []

    @asynccontextmanager
    async def open_mail(context: AppContext) -> AsyncIterator[Mailbox]:
        yield Mailbox(context.settings.mail_from)
        closed.append("mail")

    added = [Middleware(NoteMiddleware, name="first"), Middleware(NoteMiddleware, name="second")]
    app = create_app(settings, Extensions(middleware=added, resources={Mailbox: open_mail}))

    @app.get("/extended")
    async def get_extended(
        request: Request, mailbox: Annotated[Mailbox, resource(Mailbox)]
    ) -> dict[str, object]:
        return {"mail": mailbox.address, "notes": request.state.notes}

    async with running(app) as client:
        response = await client.get("/extended")
        assert closed == []

    assert response.json() == {"mail": settings.mail_from, "notes": ["first", "second"]}
    assert closed == ["mail"]


async def test_open_resources_are_closed_when_starting_fails(settings: Settings) -> None:
    closed: list[str] = []

    @asynccontextmanager
    async def open_mail(_: AppContext) -> AsyncIterator[Mailbox]:
        try:
            yield Mailbox("ann@example.com")
        finally:
            closed.append("mail")

    @asynccontextmanager
    async def open_nothing(context: AppContext) -> AsyncIterator[None]:
        assert context.resource(Mailbox).address == "ann@example.com"
        raise ConnectionError("no such host")
        yield

    extensions = Extensions(resources={Mailbox: open_mail, object: open_nothing})

    with pytest.raises(ConnectionError):
        async with running(create_app(settings, extensions)):
            pass

    assert closed == ["mail"]


def test_importing_reads_and_opens_nothing() -> None:
    """In a process of its own, where nothing has been read yet and every opening is seen."""
    script = """
import json, sys
opened = []
def note(event, args):
    if event.startswith("socket.") or event == "open" and "common-passwords" in str(args[0]):
        opened.append(event)
sys.addaudithook(note)
import app.main, app.core.credentials.password_policy
from app.core.config import get_settings
print(json.dumps([get_settings.cache_info().currsize, opened]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, env={}
    )

    assert json.loads(done.stdout) == [0, []]


async def test_the_throttle_goes_by_the_settings(settings: Settings) -> None:
    changes = {"sign_in_free_attempts": 2, "sign_in_free_attempts_per_address": 1}
    app = create_app(settings.model_copy(update=changes))

    async with app.router.lifespan_context(app) as state:
        assert state is not None
        throttle: Throttle = state["auth_server"].throttle
        for key, free in ((account_key("ann@example.com"), 2), (address_key("192.0.2.1"), 1)):
            waits = [await throttle.reserve([key]) for _ in range(free + 1)]
            assert [wait > 0 for wait in waits] == [False] * free + [True]
