import asyncio
import sqlite3
from pathlib import Path

import pytest

from app.core.config import reload_settings
from app.db.base import Base
from scripts.create_tables import create_tables


def test_missing_tables_are_made_and_rows_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/new.db")
    reload_settings()

    asyncio.run(create_tables())
    with sqlite3.connect(folder / "new.db") as connection:
        connection.execute(
            "INSERT INTO tenants (name, id, created_at) VALUES ('Acme', '1', '2026-11-24')"
        )
    connection.close()
    asyncio.run(create_tables())

    with sqlite3.connect(folder / "new.db") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        rows = connection.execute("SELECT count(*) FROM tenants").fetchone()
    connection.close()
    assert Base.metadata.tables.keys() <= tables
    assert rows == (1,)
