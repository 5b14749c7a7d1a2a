"""What drivers raise past SQLAlchemy, as its own errors, and connections that are good no more."""

from typing import Any

from sqlalchemy import Dialect, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, SQLAlchemyError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

# SQLSTATEs that a new connection may not meet again: a failover has left this one at a server that is
# read-only, or what the server keeps for it is not what the driver believes. Shutdowns and timeouts
# close the connection themselves.
_STALE = {"25006", "26000", "42P05", "XX000"}
# SQLSTATEs, or the classes that they begin with, and SQLite's names of what is no fault of the code.
_OPERATION = (
    *("08", "25006", "28", "42501", "53", "55P03", "57", "58", "SQLITE_BUSY", "SQLITE_CANTOPEN"),
    *("SQLITE_CORRUPT", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOTADB", "SQLITE_READONLY"),
)
_MISSING = ("42703", "42P01")


def code_of(error: BaseException | None) -> str:
    """Returns the SQLSTATE of PostgreSQL (appendix A), or SQLite's name of the error."""
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return code or ""


def explain(error: SQLAlchemyError) -> str | None:
    """Returns one line for what is to be mended at the database; None for a fault of the code."""
    return explain_operation(error) or _explain_missing(error)


def explain_operation(error: SQLAlchemyError) -> str | None:
    """Returns one line for a database that is away or refuses, whatever the schema."""
    if isinstance(error, TimeoutError):
        return "The database does not respond in time"
    if not isinstance(error, DBAPIError):
        return None
    cause = (error.orig and error.orig.__cause__) or error.orig
    reason = str(cause).partition("\n")[0] or "it does not respond in time"
    if error.statement is None and error.connection_invalidated:
        return f"No connection to the database: {reason}"
    if code_of(error.orig).startswith(_OPERATION) or isinstance(cause, OSError):
        return f"The database refuses: {reason}"
    return None


def _explain_missing(error: SQLAlchemyError) -> str | None:
    cause = getattr(error, "orig", None)
    # SQLite has one code for all that is wrong with a statement.
    if code_of(cause) in _MISSING or str(cause).startswith(("no such table", "no such column")):
        return f"The database lacks a table or column of this release: {cause}"
    return None


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
