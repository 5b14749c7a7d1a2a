"""What an error of the database means to the client. Services have turned those that they expect."""

from typing import cast

from fastapi import Request
from loguru import logger
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError, TimeoutError
from starlette.responses import Response

from app.core.errors import AppError, ConflictError, ServiceUnavailableError, UnprocessableError
from app.middleware.problems import error_response

_AWAY = ServiceUnavailableError, "The database does not answer; try again"
_BUSY = ServiceUnavailableError, "The database has too much to do; try again"
_CONFLICT = ConflictError, "This conflicts with what is there"
_UNFIT = UnprocessableError, "A value does not fit where it would be stored"

# By SQLSTATE (PostgreSQL, appendix A) or its class of two characters, and by SQLite's names.
_MEANINGS: dict[str, tuple[type[AppError], str]] = {
    "08": _AWAY,
    "22": _UNFIT,
    "23503": _CONFLICT,
    "23505": _CONFLICT,
    "23514": _UNFIT,
    "23P01": _CONFLICT,
    "40": _BUSY,
    "53": _BUSY,
    "55P03": _BUSY,
    "57": _AWAY,
    "57014": _BUSY,
    "SQLITE_BUSY": _BUSY,
    "SQLITE_CANTOPEN": _AWAY,
    "SQLITE_CONSTRAINT_CHECK": _UNFIT,
    "SQLITE_CONSTRAINT_FOREIGNKEY": _CONFLICT,
    "SQLITE_CONSTRAINT_PRIMARYKEY": _CONFLICT,
    "SQLITE_CONSTRAINT_UNIQUE": _CONFLICT,
}


async def handle_database_error(_: Request, exc: Exception) -> Response:
    meaning = _meaning_of(cast("SQLAlchemyError", exc))
    if meaning is None:
        raise exc
    # Its message may hold what the client sent.
    logger.bind(error=type(exc).__name__, code=_code_of(exc)).warning("database error")
    problem, detail = meaning
    return error_response(problem(detail))


def _meaning_of(error: SQLAlchemyError) -> tuple[type[AppError], str] | None:
    """Returns the problem and its detail; None for what is a fault of the service."""
    if isinstance(error, TimeoutError):
        return _BUSY
    if not isinstance(error, StatementError):
        return None
    if isinstance(error.orig, OSError):
        return _AWAY
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _AWAY
    # Raised by a type before the driver saw the value.
    if isinstance(error.orig, OverflowError | ValueError):
        return _UNFIT
    code = _code_of(error)
    return _MEANINGS.get(code) or _MEANINGS.get(code[:2])


def _code_of(error: Exception) -> str:
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return code or ""
