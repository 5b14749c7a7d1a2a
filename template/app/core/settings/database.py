"""The database, and how long requests wait for it."""

import re
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from app.core.credentials.secret_strength import is_an_example
from app.core.settings.errors import ConfigurationError, SettingError
from app.core.settings.group import SettingsGroup
from app.core.settings.postgres_urls import read_postgres_url
from app.core.settings.types import Count, Seconds

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def _name_async_driver(url: str) -> str:
    """Completes a URL as hosting services hand it out by the driver that is used here."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in _DRIVERS:
        raise SettingError("must begin with sqlite:// or postgresql://")
    if not scheme.startswith("sqlite"):
        read_postgres_url(url)
    elif not re.fullmatch(r"/[^?]+(\?.*)?", rest) or rest == "/:memory:":
        raise SettingError("must name a file, as in sqlite:///./data.db")
    return f"{_DRIVERS[scheme]}://{rest}"


DatabaseUrl = Annotated[str, AfterValidator(_name_async_driver)]


class DatabaseSettings(SettingsGroup):
    database_url: DatabaseUrl = Field(default="sqlite+aiosqlite:///./data.db", repr=False)
    database_direct_url: DatabaseUrl | None = Field(default=None, repr=False)
    database_pooler: bool = False
    database_pool_size: Count = 10
    database_pool_timeout: Seconds = 2
    database_connect_timeout: Seconds = 2
    database_command_timeout: Seconds = 5
    database_lock_timeout: Seconds = 3

    @property
    def schema_url(self) -> str:
        """Where that connects which changes the schema.

        Raises:
            ConfigurationError: only the address of a pooler is known.
        """
        if self.database_pooler and not self.database_direct_url:
            raise ConfigurationError(
                [
                    "DATABASE_DIRECT_URL: name PostgreSQL itself, behind the pooler: what changes the"
                    " schema needs a connection of its own"
                ]
            )
        return self.database_direct_url or self.database_url

    def find_faults(self) -> Iterator[str]:
        yield from super().find_faults()
        if not self.is_production:
            return
        if self.database_url.startswith("sqlite"):
            yield "DATABASE_URL: SQLite is not for production"
        for name in ("database_url", "database_direct_url"):
            if is_an_example(urlsplit(getattr(self, name) or "").password or ""):
                yield f"{name.upper()}: its password is one of examples"
