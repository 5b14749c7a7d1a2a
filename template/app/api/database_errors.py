"""What an error of the database means to the client. Services have turned those that they expect."""

from typing import cast

from fastapi import Request
from loguru import logger
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError, TimeoutError
from starlette.responses import Response

from app.core.errors import AppError, ConflictError, ServiceUnavailableError, UnprocessableError
from app.db.failures import code_of
from app.middleware.problems import error_response

_AWAY = ServiceUnavailableError, "The database does not respond; try again"
_READ_ONLY = ServiceUnavailableError, "The database is read-only at the moment; try again"
_BUSY = ServiceUnavailableError, "The database has too much to do; try again"
_FULL = ServiceUnavailableError, "The database cannot write at the moment; try again later"
_CONFLICT = ConflictError, "This conflicts with what is there"
_UNFIT = UnprocessableError, "A value does not fit where it would be stored"

# By SQLSTATE (PostgreSQL, appendix A) or its class of two characters, and by SQLite's names, whose
# third word only says more: SQLITE_IOERR_WRITE.
_MEANINGS: dict[str, tuple[type[AppError], str]] = {
    "08": _AWAY,
    "22": _UNFIT,
    "23503": _CONFLICT,
    "23505": _CONFLICT,
    "23514": _UNFIT,
    "23P01": _CONFLICT,
    "25006": _READ_ONLY,
    "40": _BUSY,
    "53": _BUSY,
    "55P03": _BUSY,
    "57": _AWAY,
    "57014": _BUSY,
    "58": _AWAY,
    "72": _BUSY,
    "SQLITE_BUSY": _BUSY,
    "SQLITE_CANTOPEN": _AWAY,
    "SQLITE_CONSTRAINT_CHECK": _UNFIT,
    "SQLITE_CONSTRAINT_FOREIGNKEY": _CONFLICT,
    "SQLITE_CONSTRAINT_PRIMARYKEY": _CONFLICT,
    "SQLITE_CONSTRAINT_UNIQUE": _CONFLICT,
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": _FULL,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_NOMEM": _BUSY,
    "SQLITE_PROTOCOL": _BUSY,
    "SQLITE_READONLY": _READ_ONLY,
}


async def handle_database_error(_: Request, exc: Exception) -> Response:
    meaning = find_meaning(cast("SQLAlchemyError", exc))
    if meaning is None:
        raise exc
    # Its message may hold what the client sent.
    code = code_of(getattr(exc, "orig", None))
    logger.bind(error=type(exc).__name__, code=code).warning("database error")
    problem, detail = meaning
    return error_response(problem(detail))


def find_meaning(error: SQLAlchemyError) -> tuple[type[AppError], str] | None:
    """Returns the problem and its detail; None for what is a fault of the service."""
    if isinstance(error, TimeoutError):
        return _BUSY
    if not isinstance(error, StatementError):
        return None
    code = code_of(error.orig)
    of_class = code[:2] if len(code) == 5 else "_".join(code.split("_")[:2])
    if known := _MEANINGS.get(code) or _MEANINGS.get(of_class):
        return known
    if _is_away(error):
        return _AWAY
    # Raised by a type before the driver saw the value.
    return _UNFIT if isinstance(error.orig, OverflowError | ValueError) else None


def _is_away(error: StatementError) -> bool:
    """Whatever the server said: there was no connection, or there is none any more."""
    is_gone = isinstance(error, DBAPIError) and error.connection_invalidated
    return is_gone or isinstance(error.orig, OSError)
