"""What drivers raise past SQLAlchemy, as its own errors, and connections that are good no more."""

from typing import Any

from sqlalchemy import Dialect, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

# SQLSTATEs that a new connection may not meet again: a failover has left this one at a server that is
# read-only, or what the server keeps for it is not what the driver believes. Shutdowns and timeouts
# close the connection themselves.
_STALE = {"25006", "26000", "42P05", "XX000"}


def code_of(error: BaseException | None) -> str:
    """Returns the SQLSTATE of PostgreSQL (appendix A), or SQLite's name of the error."""
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return code or ""


def wrap_driver_errors(engine: AsyncEngine) -> None:
    """Every refusal to connect becomes OperationalError, and so do OSError and TimeoutError.

    A value without room becomes DataError.
    """

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(
        dialect: Dialect,
        _: ConnectionPoolEntry,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
    ) -> Any:
        try:
            return dialect.connect(*arguments, **options)
        except (OSError, dialect.loaded_dbapi.Error) as exc:
            raise OperationalError(None, None, exc, connection_invalidated=True) from exc

    @event.listens_for(engine.sync_engine, "handle_error")
    def translate(context: ExceptionContext) -> None:
        error = context.original_exception
        if _is_stale(error, context.dialect):
            context.is_disconnect = True
        if isinstance(error, OSError):
            raise OperationalError(context.statement, None, error) from error
        # SQLite's driver: an integer beyond 64 bits, text that has no UTF-8.
        if isinstance(error, OverflowError | UnicodeEncodeError):
            raise DataError(context.statement, None, error) from error


def _is_stale(error: BaseException, dialect: Dialect) -> bool:
    # After a change of the schema. Its SQLSTATE is that of all that PostgreSQL does not support.
    old_plan = getattr(dialect.loaded_dbapi, "InvalidCachedStatementError", ())
    return isinstance(error, old_plan) or code_of(error) in _STALE
