"""Websockets: what a route does between the handshake and the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
from fastapi import WebSocket, WebSocketDisconnect
from sqlalchemy.exc import SQLAlchemyError

from app.api.state import get_state
from app.auth.authenticate import authenticate_alone
from app.core.errors import AppError
from app.core.principal import Principal
from app.middleware.state import read_credentials_again

# RFC 6455, section 7.4.1, and the registry of IANA.
POLICY_VIOLATION, TRY_AGAIN_LATER = 1008, 1013


@asynccontextmanager
async def accepted(
    websocket: WebSocket, actor: Principal, subprotocol: str | None = None
) -> AsyncIterator[None]:
    """Accepts a websocket, and cancels the block when its caller may not have it any more.

    The guard has authenticated the actor in a transaction that is over. A message that needs the
    database opens a session of its own: `async with database.session(tenant_id=actor.tenant_id)`.

    Every WEBSOCKET_RECHECK_SECONDS the actor is authenticated again. After a revocation, the expiry
    of the token or a change of role the websocket is closed with 1008; without the database, with
    1013. A client that disconnects ends the block, too.
    """
    await websocket.accept(subprotocol)
    with suppress(WebSocketDisconnect), anyio.CancelScope() as block:
        watching = asyncio.create_task(_watch(websocket, actor, block))
        try:
            yield
        finally:
            watching.cancel()


async def _watch(websocket: WebSocket, actor: Principal, block: anyio.CancelScope) -> None:
    while (code := await _recheck(websocket, actor)) is None:
        pass
    await websocket.close(code)
    block.cancel()


async def _recheck(websocket: WebSocket, actor: Principal) -> int | None:
    """Waits, and returns the code to close the websocket with; None if it may stay open."""
    state = get_state(websocket)
    await asyncio.sleep(state["settings"].websocket_recheck_seconds)
    credentials = read_credentials_again(websocket.scope)
    try:
        found = await authenticate_alone(state["database"], credentials, state["authenticators"])
    except AppError:
        return POLICY_VIOLATION
    except SQLAlchemyError:
        return TRY_AGAIN_LATER
    return None if found == actor else POLICY_VIOLATION
