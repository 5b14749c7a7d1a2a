from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.core.principal import Role
from app.db.models.platform import AuditEvent, Invitation, Membership, Tenant, User, UserSession
from app.db.session import Database
from app.services.seeding.tenants import AGE
from service.support.notes import Comment, Note, note_tables
from service.support.seeded import (
    HASH,
    NOW,
    make_plan,
    read,
    read_all,
    run,
)


@pytest.fixture(autouse=True)
async def tables(database: Database) -> AsyncIterator[None]:
    async with note_tables(database.engine):
        yield


async def test_each_tenant_has_members_of_every_role(database: Database) -> None:
    emails = await run(database, make_plan(members=25))

    assert emails == [f"owner-1.tenant-{number}.seed-1@example.com" for number in (1, 2)]
    memberships = await read(database, Membership)
    for tenant in await read(database, Tenant):
        roles = Counter(each.role for each in memberships if each.tenant_id == tenant.id)
        assert roles == {Role.OWNER: 1, Role.ADMIN: 4, Role.MEMBER: 13, Role.VIEWER: 7}
    users = await read(database, User)
    assert len(users) == 50
    assert {user.password_hash for user in users} == {HASH}
    assert all(user.verified_at and user.email.endswith("@example.com") for user in users)


async def test_four_members_have_four_roles(database: Database) -> None:
    await run(database, make_plan(tenants=1, members=4))

    assert {each.role for each in await read(database, Membership)} == set(Role)


async def test_each_tenant_has_what_lists_show(database: Database) -> None:
    reported: list[int] = []
    plan = make_plan()
    await run(database, plan, reported=reported)

    for tenant in await read(database, Tenant):
        counts = [
            len(await read(database, each, tenant.id)) for each in (AuditEvent, Note, Comment)
        ]
        assert counts == [5 + 9 * (1 + 2 + 17), 5, 5]
    assert len(await read(database, Invitation)) == 2 * 5
    assert len(await read(database, UserSession)) == 2 * 9 * 2
    # One seeder with two tables makes twice what it is told to.
    assert sum(reported) == plan.count_rows(seeders=2)


async def test_rows_are_of_the_last_ninety_days(database: Database) -> None:
    await run(database, make_plan(tenants=1))
    found = await read_all(database)

    for name, rows in found.items():
        times = sorted(row["created_at"] for row in rows)
        assert NOW - AGE <= times[0] <= times[-1] <= NOW, name
    events = [row["created_at"] for row in found["audit_events"]]
    for days in (0, 30, 60):
        assert any(days <= (NOW - time).days < days + 30 for time in events)
    assert NOW - max(events) < timedelta(days=1)
    assert all(row["expires_at"] > NOW for row in found["invitations"])
    assert any(min(row["expires_at"], row["idle_expires_at"]) > NOW for row in found["sessions"])


async def test_an_invited_user_cannot_act_before_joining(database: Database) -> None:
    await run(database, make_plan(tenants=1))
    joined = {each.user_id: each.created_at for each in await read(database, Membership)}
    [tenant] = await read(database, Tenant)

    for event in await read(database, AuditEvent, tenant.id):
        assert event.created_at >= joined[event.actor_id]
    for session in await read(database, UserSession):
        assert joined[session.user_id] <= session.created_at <= session.last_used_at <= NOW
