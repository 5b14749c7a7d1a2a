"""The database, and how long requests wait for it."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from app.core.credentials.secret_strength import is_an_example
from app.core.settings.group import SettingsGroup
from app.core.settings.types import Seconds


def _name_async_driver(url: str) -> str:
    """Completes a URL as hosting services hand it out by the driver that is used here."""
    scheme, separator, rest = url.partition("://")
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgres": "postgresql+asyncpg",
        "postgresql": "postgresql+asyncpg",
    }
    scheme = drivers.get(scheme, scheme)
    if not separator or scheme not in drivers.values():
        raise ValueError("must begin with sqlite:// or postgresql://")
    return f"{scheme}://{rest}"


DatabaseUrl = Annotated[str, AfterValidator(_name_async_driver)]


class DatabaseSettings(SettingsGroup):
    database_url: DatabaseUrl = "sqlite+aiosqlite:///./data.db"
    database_pool_size: int = Field(default=10, ge=1)
    database_pool_timeout: Seconds = 2
    database_connect_timeout: Seconds = 2
    database_command_timeout: Seconds = 5
    database_lock_timeout: Seconds = 3

    def find_faults(self) -> Iterator[str]:
        yield from super().find_faults()
        if not self.is_production:
            return
        if self.database_url.startswith("sqlite"):
            yield "DATABASE_URL: SQLite is not for production"
        if is_an_example(urlsplit(self.database_url).password or ""):
            yield "DATABASE_URL: its password is one of examples"
