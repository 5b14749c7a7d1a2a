from collections.abc import AsyncIterator

import pytest
from sqlalchemy import CheckConstraint, Column, MetaData, String, Table, UniqueConstraint
from sqlalchemy.exc import IntegrityError

from app.core.errors import ConflictError
from app.db.base import Base
from app.db.constraints import conflict_if_taken
from app.db.session import Database

UNIQUE_PLACE = UniqueConstraint("shelf", "number")
BOOKS = Table(
    "test_books",
    MetaData(naming_convention=Base.metadata.naming_convention),
    Column("shelf", String(10)),
    Column("number", String(10)),
    Column("title", String(10), nullable=False, unique=True),
    UNIQUE_PLACE,
    CheckConstraint("title <> 'Untitled'", name="title"),
)


@pytest.fixture(autouse=True)
async def table(database: Database) -> AsyncIterator[None]:
    async with database.engine.begin() as connection:
        await connection.run_sync(BOOKS.create)
    yield
    async with database.engine.begin() as connection:
        await connection.run_sync(BOOKS.drop)


async def put(database: Database, *books: tuple[str, str, str | None]) -> None:
    async with database.session() as session:
        with conflict_if_taken(UNIQUE_PLACE, "There is a book in this place"):
            for book in books:
                await session.execute(BOOKS.insert().values(book))


async def test_a_duplicate_is_a_conflict(database: Database) -> None:
    with pytest.raises(ConflictError, match="There is a book in this place"):
        await put(database, ("A", "1", "Emma"), ("A", "1", "Dune"))


@pytest.mark.parametrize("second", [("B", "1", "Emma"), ("A", "2", None), ("A", "2", "Untitled")])
async def test_another_violated_constraint_is_no_conflict(
    database: Database, second: tuple[str, str, str | None]
) -> None:
    with pytest.raises(IntegrityError):
        await put(database, ("A", "1", "Emma"), second)
