import pytest

from app.db.locks import try_lock
from app.db.session import Database


async def test_a_lock_is_held_until_the_end_of_the_transaction(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("on SQLite the one writer has every lock")
    async with database.session() as first, database.session() as second:
        assert await try_lock(first, "orders", 7)
        assert await try_lock(first, "orders", 7)
        assert not await try_lock(second, "orders", 7)
        assert await try_lock(second, "orders", 8)
        assert await try_lock(second, "orders7")
        await first.commit()
        assert await try_lock(second, "orders", 7)
