import pytest
from alembic.util import CommandError

from app.core.config import Settings
from app.db.migrations.connection import open_connection
from app.db.migrations.lock import wait_for_lock


@pytest.fixture
def url(settings: Settings) -> str:
    if not settings.database_url.startswith("postgresql"):
        pytest.skip("set TEST_DATABASE_URL to a PostgreSQL whose database may be emptied")
    return settings.database_url


async def test_one_process_at_a_time_migrates(url: str) -> None:
    async with open_connection(url) as first, open_connection(url) as second:
        await first.run_sync(wait_for_lock, seconds=0)

        with pytest.raises(CommandError, match="has been migrating this database for 0 seconds"):
            await second.run_sync(wait_for_lock, seconds=0)
        # A waiting process has no transaction open: CREATE INDEX CONCURRENTLY would wait for it.
        assert not second.in_transaction()


async def test_the_next_one_has_its_turn_when_the_connection_is_closed(url: str) -> None:
    for _ in range(2):
        async with open_connection(url) as connection:
            await connection.run_sync(wait_for_lock, seconds=30)
