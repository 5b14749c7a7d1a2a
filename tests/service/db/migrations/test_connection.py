from typing import Any

from sqlalchemy import text

from app.core.config import Settings
from app.db.migrations.connection import open_connection


async def test_migrations_connect_in_their_own_way(settings: Settings) -> None:
    """Waiting for locks has an end, a statement has none, and policies raise errors."""
    questions: dict[str, dict[str, Any]] = {
        "postgresql": {
            "SHOW lock_timeout": "5s",
            "SHOW statement_timeout": "0",
            "SHOW row_security": "off",
        },
        "sqlite": {"PRAGMA foreign_keys": 0},
    }
    async with open_connection(settings.database_url) as connection:
        for question, answer in questions[connection.dialect.name].items():
            assert await connection.scalar(text(question)) == answer
