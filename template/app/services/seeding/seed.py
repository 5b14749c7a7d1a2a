"""Fills a development database with plausible rows: the same ones for the same number."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby, islice

from app.core.errors import ConflictError
from app.crud import users
from app.db.base import Base
from app.db.session import Database
from app.services.seeding import platform, tenants
from app.services.seeding.tenants import Seeder

# Rows that are written, and held in memory, at a time.
BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make. The same `seed` makes the same rows, with times relative to `now`."""

    seed: int
    tenants: int
    # Of each tenant.
    members: int
    # Of each seeder, in each tenant.
    rows: int
    now: datetime

    def count_rows(self, seeders: int) -> int:
        """Returns how many rows there will be, if each seeder makes as many as planned."""
        return self.tenants * (platform.count_rows(self.members) + seeders * self.rows)


async def require_unused(database: Database, seed: int) -> None:
    """Raises ConflictError if the database has users of this seed."""
    async with database.session(writes=False) as session:
        if await users.has_ending(session, tenants.address_ending(seed)):
            raise ConflictError(
                f"The database has the data of seed {seed} already: choose another --seed"
            )


async def seed(
    database: Database,
    plan: Plan,
    seeders: Sequence[Seeder],
    *,
    password_hash: str,
    report: Callable[[int], None],
    batch_size: int = BATCH_SIZE,
) -> AsyncIterator[str]:
    """Yields the address of each tenant's owner, once the tenant is committed with all its rows.

    Each tenant is one transaction, and stays if a later one fails. `report` is called with the
    number of rows of each batch.
    """
    for number in range(1, plan.tenants + 1):
        tenant = tenants.make_tenant(
            plan.seed, number, members=plan.members, rows=plan.rows, now=plan.now
        )
        rows = chain(
            platform.make_rows(tenant, password_hash),
            chain.from_iterable(seeder(tenant) for seeder in seeders),
        )
        async with database.session(tenant_id=tenant.tenant_id) as session:
            for batch in _batches(rows, batch_size):
                session.add_all(batch)
                await session.flush()
                # The session, and memory, hold no more than one batch.
                session.expunge_all()
                report(len(batch))
        yield tenant.members[0].email


def _batches(rows: Iterable[Base], size: int) -> Iterator[list[Base]]:
    """Yields rows of one table at a time: of several, the session would choose the order."""
    for _, same in groupby(rows, type):
        while batch := list(islice(same, size)):
            yield batch
