"""What the driver of PostgreSQL is told: where to connect, how long to wait, and as what."""

import ssl
from typing import Any

from app.core.settings.postgres_urls import read_postgres_url
from app.db.pooler import pooled_arguments

# SQLAlchemy picks the driver by it, and hands on what follows.
DRIVER_URL = "postgresql+asyncpg://"


def connect_arguments(
    url: str, settings: dict[str, str], *, name: str, timeout: float, pooler: bool = False
) -> dict[str, Any]:
    """Returns the arguments for a URL that the settings have accepted.

    The URL may say another name and time limit; `settings` are the platform's own.
    """
    address = read_postgres_url(url)
    arguments: dict[str, Any] = {"dsn": address.dsn, "timeout": address.connect_timeout or timeout}
    if address.trusts_system:
        arguments["ssl"] = ssl.create_default_context()
    settings = {"application_name": name, **address.server_settings, **settings}
    return arguments | (pooled_arguments(settings) if pooler else {"server_settings": settings})
