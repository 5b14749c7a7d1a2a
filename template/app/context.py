"""What commands and resources of the service are given: what is open, and never settings alone."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from app.core.config import Settings
from app.db.engine import DatabaseOptions
from app.db.session import Database, open_database
from app.services.mailer import Mailer, make_mailer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AppContext:
    settings: Settings
    database: Database
    mailer: Mailer
    # What `extensions.resources` opened so far, by type; a command opens its own.
    opened: dict[type[Any], object] = field(default_factory=dict)

    def resource(self, kind: type[T]) -> T:
        """Returns an open resource.

        Raises:
            LookupError: the resource is not open.
        """
        if kind not in self.opened:
            raise LookupError(f"{kind.__name__} is not open: see `resources` in app/extensions.py")
        return cast("T", self.opened[kind])


@asynccontextmanager
async def open_context(settings: Settings) -> AsyncIterator[AppContext]:
    async with open_settings_database(settings) as database:
        yield AppContext(settings, database, make_mailer(settings.smtp_url, settings.mail_from))


def open_settings_database(settings: Settings) -> AbstractAsyncContextManager[Database]:
    options = DatabaseOptions(
        pool_size=settings.database_pool_size,
        pool_timeout=settings.database_pool_timeout,
        connect_timeout=settings.database_connect_timeout,
        command_timeout=settings.database_command_timeout,
        lock_timeout=settings.database_lock_timeout,
        pooler=settings.database_pooler,
    )
    return open_database(settings.database_url, options)
