"""Websockets: guarded as routes are, without a transaction, and closed when their caller changes."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import FastAPI, WebSocket
from sqlalchemy import select, update

from app.api.deps import SessionDep, StateDep, requires
from app.api.websockets import accepted
from app.core.config import Settings
from app.core.credentials.jwt import LEEWAY_SECONDS
from app.core.principal import MEMBERS_WRITE, TENANT_READ, Principal, Role
from app.crud import user_sessions
from app.db.models.membership import Membership
from app.db.models.tenant import Tenant
from app.db.session import Database
from app.main import create_app
from app.middleware.catch_all import INTERNAL_ERROR
from service.support.watching import watch_connections
from service.support.websockets import connecting
from tests.platform.support import Account, make_account

Headers = Callable[[Account], dict[str, str]]

RECHECK = 0.05
POLICY_VIOLATION = 1008


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The service, with a websocket that says how many tenants it sees."""
    app = create_app(
        settings.model_copy(
            update={"websockets_enabled": True, "websocket_recheck_seconds": RECHECK}
        )
    )

    @app.websocket("/feed")
    async def feed(
        websocket: WebSocket, state: StateDep, actor: Annotated[Principal, requires(TENANT_READ)]
    ) -> None:
        async with accepted(websocket, actor, subprotocol="v1"):
            async for _ in websocket.iter_text():
                async with state["database"].session(tenant_id=actor.tenant_id) as session:
                    tenants = await session.scalars(select(Tenant.id))
                await websocket.send_json([str(each) for each in tenants])

    @app.websocket("/administration")
    async def administer(
        websocket: WebSocket, actor: Annotated[Principal, requires(MEMBERS_WRITE)]
    ) -> None:
        async with accepted(websocket, actor):
            await websocket.receive()

    @app.websocket("/careless")
    async def forget(
        websocket: WebSocket,
        session: SessionDep,
        actor: Annotated[Principal, requires(TENANT_READ)],
    ) -> None:
        await websocket.accept()
        await session.scalars(select(Tenant.id))

    return app


async def test_a_message_has_a_session_of_its_own(
    app: FastAPI, owner: Account, sign_in: Headers
) -> None:
    async with connecting(app, "/feed", sign_in(owner)) as socket:
        assert (await socket.next())["type"] == "websocket.accept"

        assert UUID((await socket.call("which"))[0]) == owner.tenant_id


async def test_an_open_websocket_holds_no_connection(
    app: FastAPI, owner: Account, sign_in: Headers
) -> None:
    with watch_connections() as connections:
        async with connecting(app, "/feed", sign_in(owner)) as socket:
            await socket.next()

            assert connections.taken > 0
            assert connections.held == 0


async def test_a_page_sends_its_token_as_a_subprotocol(
    app: FastAPI, owner: Account, sign_in: Headers
) -> None:
    token = sign_in(owner)["Authorization"].removeprefix("Bearer ")
    async with connecting(app, "/feed", subprotocols=["v1", f"bearer.{token}"]) as socket:
        message = await socket.next()

    assert (message["type"], message["subprotocol"]) == ("websocket.accept", "v1")


async def test_without_credentials_the_handshake_is_refused(app: FastAPI) -> None:
    async with connecting(app, "/feed") as socket:
        message = await socket.next()

    assert (message["type"], message["status"]) == ("websocket.http.response.start", 401)


async def test_without_the_permission_the_handshake_is_refused(
    app: FastAPI, database: Database, sign_in: Headers
) -> None:
    viewer = await make_account(database, role=Role.VIEWER)
    async with connecting(app, "/administration", sign_in(viewer)) as socket:
        message = await socket.next()

    assert (message["type"], message["status"]) == ("websocket.http.response.start", 403)


async def test_a_websocket_is_closed_when_the_session_is_revoked(
    app: FastAPI, database: Database, owner: Account, sign_in: Headers
) -> None:
    async with connecting(app, "/feed", sign_in(owner)) as socket:
        await socket.next()
        async with database.session() as session:
            await user_sessions.revoke(session, owner.user_id, owner.session_id)

        assert await socket.next() == closed()


async def test_a_websocket_is_closed_when_the_role_changes(
    app: FastAPI, database: Database, owner: Account, sign_in: Headers
) -> None:
    async with connecting(app, "/feed", sign_in(owner)) as socket:
        await socket.next()
        async with database.session() as session:
            await session.execute(update(Membership).values(role=Role.VIEWER))

        assert await socket.next() == closed()


async def test_a_websocket_is_closed_when_the_token_expires(
    app: FastAPI, owner: Account, sign_in: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connecting(app, "/feed", sign_in(owner)) as socket:
        await socket.next()
        monkeypatch.setattr("app.core.credentials.jwt.LEEWAY_SECONDS", -1_000_000 - LEEWAY_SECONDS)

        assert await socket.next() == closed()


async def test_the_session_of_the_guard_has_ended(
    app: FastAPI, owner: Account, sign_in: Headers, capsys: pytest.CaptureFixture[str]
) -> None:
    async with connecting(app, "/careless", sign_in(owner)) as socket:
        assert (await socket.next())["type"] == "websocket.accept"
        assert (await socket.next())["code"] == INTERNAL_ERROR

    assert "SessionOwnerError: This session has ended" in capsys.readouterr().out


def closed() -> dict[str, Any]:
    return {"type": "websocket.close", "code": POLICY_VIOLATION, "reason": ""}
