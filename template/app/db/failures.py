"""What drivers raise past SQLAlchemy, as SQLAlchemy's own errors: so there is one kind to handle."""

from typing import Any

from sqlalchemy import Dialect, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry


def wrap_driver_errors(engine: AsyncEngine) -> None:
    """OSError and TimeoutError become OperationalError; a value without room becomes DataError."""

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(
        dialect: Dialect,
        _: ConnectionPoolEntry,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
    ) -> Any:
        try:
            return dialect.connect(*arguments, **options)
        except OSError as exc:
            raise OperationalError(None, None, exc) from exc

    @event.listens_for(engine.sync_engine, "handle_error")
    def translate(context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, OSError):
            raise OperationalError(context.statement, None, error) from error
        # SQLite's driver: an integer beyond 64 bits, text that has no UTF-8.
        if isinstance(error, OverflowError | UnicodeEncodeError):
            raise DataError(context.statement, None, error) from error
