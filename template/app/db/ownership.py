"""Who may use a session: the task that opened it, until the block that opened it ends."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

# What a session's `info` holds: the task that opened it, and None once its block has ended.
_OWNER = "owner"


class SessionOwnerError(Exception):
    """A session was used after its request, or by another task than the one that opened it."""


class OwnedSession(Session):
    """A session that refuses others before it takes a connection for them.

    That connection would never return to the pool. A connection that two tasks use at once is worse: it
    returns to the pool in a state that fails the requests after it.
    """

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        require_owner(self)
        return super().get_bind(*args, **kwargs)

    def add(self, instance: object, **kwargs: Any) -> None:
        require_owner(self)
        super().add(instance, **kwargs)


@contextmanager
def owned_by_this_task(session: AsyncSession) -> Iterator[None]:
    session.info[_OWNER] = asyncio.current_task()
    try:
        yield
    finally:
        disown(session)


def disown(session: AsyncSession) -> None:
    session.info[_OWNER] = None


def require_owner(session: AsyncSession | Session) -> None:
    """Accepts a session without an owner, such as one that a script has made.

    Raises:
        SessionOwnerError: for everybody but the owner.
    """
    if _OWNER not in session.info:
        return
    owner = session.info[_OWNER]
    if owner is None:
        fault = "This session has ended"
    elif owner is not asyncio.current_task():
        fault = "This session belongs to the task that opened it"
    else:
        return
    raise SessionOwnerError(
        f"{fault}. A stream, a websocket, a background task or a created task opens one of its own:"
        " `async with database.session(tenant_id=...)`; see docs/how-to.md"
    )
