"""What is done once a transaction has been committed, and only then."""

from collections.abc import Awaitable, Callable, Iterable

from loguru import logger
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from app.db.isolation import TenantSession
from app.db.ownership import require_owner

Call = Callable[[], Awaitable[None]]

# What a session's `info` holds: each call with the transaction or savepoint that it belongs to.
_CALLS = "after_commit"


def after_commit(session: AsyncSession, call: Call) -> None:
    """Leaves a call for when the transaction is committed, before the response is sent.

    It is made without a connection, in the order of its leaving, and not at all if the transaction
    or the savepoint around it is rolled back. An error in it is logged: the commit stands.
    """
    require_owner(session)
    sync = session.sync_session
    within = sync.get_nested_transaction() or sync.get_transaction()
    session.info.setdefault(_CALLS, []).append((within, call))


def take_calls(session: AsyncSession) -> list[Call]:
    """Returns what was left for after the commit; the session forgets it."""
    return [call for _, call in session.info.pop(_CALLS, [])]


async def make_calls(calls: Iterable[Call]) -> None:
    for call in calls:
        try:
            await call()
        except Exception:  # noqa: BLE001 - what is committed is no error any more
            logger.exception("error after the commit")


@event.listens_for(TenantSession, "after_soft_rollback")
def _drop_those_within(session: Session, ended: SessionTransaction) -> None:
    if calls := session.info.get(_CALLS):
        calls[:] = [(within, call) for within, call in calls if not _is_inside(within, ended)]


@event.listens_for(TenantSession, "after_transaction_end")
def _drop_all(session: Session, ended: SessionTransaction) -> None:
    # Also when the session was closed, which is no rollback to SQLAlchemy.
    if ended.parent is None:
        session.info.pop(_CALLS, None)


def _is_inside(inner: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while inner is not None and inner is not outer:
        inner = inner.parent
    return inner is outer
