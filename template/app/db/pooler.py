"""Connections through a pooler that gives each transaction another server: PgBouncer and its like.

Nothing of a session may be relied on: neither its settings nor what it has prepared.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asyncpg import Connection  # type: ignore[import-untyped] # it has no types
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError

# Whether the server has a setting from us, and not from a file or a role.
SETTINGS_HOLD: TextClause = text(
    "SELECT source IN ('client', 'session') FROM pg_settings WHERE name = 'lock_timeout'"
)


class UnknownPoolerError(Exception):
    """A pooler stands between, and the settings do not say so."""

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_URL leads to a pooler, which keeps the time limits and the prepared statements"
            " of connections from the server: set DATABASE_POOLER=true. What changes the schema goes"
            " past it, to DATABASE_DIRECT_URL"
        )


@contextmanager
def pooler_recognized() -> Iterator[None]:
    """Raises UnknownPoolerError where a connection is refused for the settings that it brings."""
    try:
        yield
    except DBAPIError as exc:
        if "startup parameter" in str(exc.orig):
            raise UnknownPoolerError from exc
        raise


def pooled_arguments(settings: dict[str, str]) -> dict[str, Any]:
    """Returns what the driver needs to be told; the settings are made in each transaction."""
    # The pooler knows this one. Another may have left a tenant at the server.
    settings = dict(settings)
    name = settings.pop("application_name")
    prologue = "; SELECT " + ", ".join(
        f"set_config('{each}', {_quote(value)}, true)"
        for each, value in {**settings, "app.tenant_id": ""}.items()
    )

    class PooledConnection(Connection):  # type: ignore[misc] # as above
        async def execute(self, query: str, *arguments: Any, **options: Any) -> str:
            # With the statement that begins a transaction it costs no round trip.
            if query.startswith("BEGIN"):
                query = query.rstrip(";") + prologue
            status: str = await super().execute(query, *arguments, **options)
            return status

    return {
        "connection_class": PooledConnection,
        "server_settings": {"application_name": name},
        # Statements then have no name, and are sent with their values each time, in one round trip:
        # what they return is remembered here, and nothing at the server.
        "statement_cache_size": 0,
    }


def _quote(value: str) -> str:
    # A backslash means nothing in there: `standard_conforming_strings` is on.
    return "'" + value.replace("'", "''") + "'"
