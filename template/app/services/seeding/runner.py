"""Fills a database for people to look at: plausible rows, and for the same number the same ones."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby, islice

from app.core.errors import ConflictError
from app.crud import batches, users
from app.db.base import Base
from app.db.session import Database
from app.services.seeding import platform_rows, seeder
from app.services.seeding.seeder import Seeder

# Rows that are written, and held in memory, at a time.
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make. With the same `seed` it is the same, but for times, which end at `now`."""

    seed: int
    tenants: int
    # Of each tenant.
    members: int
    # Of each seeder, in each tenant.
    rows: int
    now: datetime

    def count_rows(self, seeders: int) -> int:
        """Returns how many rows there will be, if each seeder makes as many as it is told to."""
        return self.tenants * (platform_rows.count_rows(self.members) + seeders * self.rows)


async def require_unused(database: Database, seed: int) -> None:
    """Raises ConflictError if users of this seed are in the database."""
    async with database.session(writes=False) as session:
        if await users.has_ending(session, seeder.ending(seed)):
            raise ConflictError(f"Seed {seed} is in this database already: take another --seed")


async def seed(
    database: Database,
    plan: Plan,
    seeders: Sequence[Seeder],
    *,
    password_hash: str,
    report: Callable[[int], None],
    batch: int = BATCH,
) -> AsyncIterator[str]:
    """Yields the address of each tenant's owner, when the tenant is there with all that is in it.

    Each tenant is one transaction: what was made stays if a later one fails. `report` is called
    with the number of rows whenever some were written.
    """
    for number in range(1, plan.tenants + 1):
        tenant = seeder.make_tenant(
            plan.seed, number, members=plan.members, rows=plan.rows, now=plan.now
        )
        rows = chain(
            platform_rows.make_rows(tenant, password_hash),
            chain.from_iterable(seeder(tenant) for seeder in seeders),
        )
        async with database.session(tenant_id=tenant.tenant_id) as session:
            for some in _cut(rows, batch):
                await batches.add(session, some)
                report(len(some))
        yield tenant.members[0].email


def _cut(rows: Iterable[Base], size: int) -> Iterator[list[Base]]:
    """Yields rows of one table at a time: of several, the session would choose the order."""
    for _, same in groupby(rows, type):
        while some := list(islice(same, size)):
            yield some
