from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from app.core.errors import ConflictError
from app.db.base import Base
from app.db.models.platform import AuditEvent, Tenant
from app.db.session import Database
from app.services.seeding import platform, seed, tenants
from app.services.seeding.tenants import NewTenant
from service.support.notes import Comment, Note, note_tables
from service.support.seeded import (
    NOW,
    make_plan,
    read,
    read_all,
    run,
    seed_notes,
    start_anew,
    with_ages,
)


@pytest.fixture(autouse=True)
async def tables(database: Database) -> AsyncIterator[None]:
    async with note_tables(database.engine):
        yield


async def test_a_seed_makes_the_same_again(database: Database) -> None:
    await run(database, make_plan())
    first = with_ages(await read_all(database), NOW)
    await start_anew(database)
    later = NOW + timedelta(days=400, microseconds=1)
    await run(database, make_plan(at=later), batch_size=7)
    second = with_ages(await read_all(database), later)

    assert first == second
    assert all(first.values())


async def test_more_tenants_change_none(database: Database) -> None:
    await run(database, make_plan(tenants=1))
    first = await read_all(database)
    await start_anew(database)
    await run(database, make_plan(tenants=2))
    second = await read_all(database)

    for name, rows in first.items():
        assert all(row in second[name] for row in rows)


async def test_another_seed_stands_beside_it(database: Database) -> None:
    await run(database, make_plan())
    first = await read_all(database)
    await seed.require_unused(database, 2)
    await run(database, make_plan(seed=2))
    both = await read_all(database)

    for name in ("tenants", "users", "sessions", "invitations", "audit_events", "test_notes"):
        assert len({row["id"] for row in both[name]}) == 2 * len(first[name])


async def test_a_seed_is_used_once(database: Database) -> None:
    await seed.require_unused(database, 1)
    await run(database, make_plan(seed=1, tenants=1))

    with pytest.raises(ConflictError, match="has the data of seed 1 already"):
        await seed.require_unused(database, 1)
    # Its addresses end with the same digit.
    await seed.require_unused(database, 11)


async def test_a_tenant_whose_seeder_fails_is_not_there(database: Database) -> None:
    def fail_late(tenant: NewTenant) -> Iterator[Base]:
        yield from seed_notes(tenant)
        if tenant.name == "Tenant 2":
            raise RuntimeError("out of ideas")

    with pytest.raises(RuntimeError, match="out of ideas"):
        await run(database, make_plan(tenants=3), [fail_late], batch_size=2)

    found = await read_all(database)
    assert [row["name"] for row in found["tenants"]] == ["Tenant 1"]
    assert len(found["users"]) == 9
    failed = tenants.make_tenant(1, 2, members=9, rows=5, now=NOW)
    assert await read(database, AuditEvent, failed.tenant_id) == []
    assert await read(database, Note, failed.tenant_id) == []


async def test_tenants_do_not_see_each_other(database: Database) -> None:
    await run(database, make_plan(tenants=3))
    tenant_ids = [tenant.id for tenant in await read(database, Tenant)]

    for model in (AuditEvent, Note, Comment):
        seen = {each: await read(database, model, each) for each in tenant_ids}
        assert all(row.tenant_id == each for each, rows in seen.items() for row in rows)
        ids = [{row.id for row in rows} for rows in seen.values()]
        assert len(set().union(*ids)) == sum(map(len, ids)) == 3 * len(ids[0])


async def test_a_seeder_reaches_no_other_tenant(database: Database) -> None:
    def stray(tenant: NewTenant) -> Iterator[Base]:
        yield Note(tenant_id=uuid4(), text="Not mine")

    with pytest.raises(Exception, match="this Note is of another tenant"):
        await run(database, make_plan(), [stray])

    assert await read(database, Tenant) == []


async def test_memory_holds_one_batch(database: Database) -> None:
    reported: list[int] = []
    await run(database, make_plan(tenants=1), reported=reported, batch_size=10)

    assert max(reported) == 10
    assert sum(reported) == platform.count_rows(9) + 10
