from app.crud import batches
from app.db.models.tenant import Tenant
from app.db.session import Database


async def test_rows_are_written_and_let_go_of(database: Database) -> None:
    rows = [Tenant(name=f"Tenant {number}") for number in range(3)]
    async with database.session() as session:
        await batches.add(session, rows)

        assert [row in session for row in rows] == [False] * 3
        assert await session.get(Tenant, rows[0].id) is not None
