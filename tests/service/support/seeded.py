"""What tests do with seeded tenants, which have notes besides what the platform puts in."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, inspect, select

from app.db.base import Base, now
from app.db.models.platform import AuditEvent, Invitation, Membership, Tenant, User, UserSession
from app.db.session import Database
from app.db.tenancy import TenantScoped
from app.services.seeding import seed
from app.services.seeding.seed import Plan
from app.services.seeding.tenants import NewTenant, Seeder
from service.support.notes import COMMENTS, NOTES, Comment, Note
from tests.platform.fixtures import empty_tables

HASH = "a hash that no password has"
NOW = now()
TABLES: list[type[Base]] = [
    *(Tenant, User, Membership, UserSession, Invitation, AuditEvent, Note, Comment)
]


async def start_anew(database: Database) -> None:
    await change_tables(database, COMMENTS.drop, NOTES.drop)
    await empty_tables(database.engine)
    await change_tables(database, NOTES.create, COMMENTS.create)


async def change_tables(database: Database, *changes: Callable[[Connection], None]) -> None:
    async with database.engine.begin() as connection:
        for change in changes:
            await connection.run_sync(change)


def seed_notes(tenant: NewTenant) -> Iterator[Base]:
    """Yields as many comments besides, each behind the note that it refers to."""
    for number in range(1, tenant.rows + 1):
        note = Note(id=tenant.make_id(), text=f"Note {number}", created_at=tenant.make_time())
        yield note
        yield Comment(id=tenant.make_id(), note_id=note.id, created_at=tenant.make_time())


def make_plan(
    seed: int = 1, *, tenants: int = 2, members: int = 9, rows: int = 5, at: datetime = NOW
) -> Plan:
    return Plan(seed=seed, tenants=tenants, members=members, rows=rows, now=at)


async def run(
    database: Database,
    plan: Plan,
    seeders: Sequence[Seeder] = (seed_notes,),
    *,
    reported: list[int] | None = None,
    batch_size: int = 1000,
) -> list[str]:
    return [
        email
        async for email in seed.seed(
            database,
            plan,
            seeders,
            password_hash=HASH,
            report=(reported if reported is not None else []).append,
            batch_size=batch_size,
        )
    ]


async def read(
    database: Database, model: type[Any], tenant_id: UUID | None = None
) -> Sequence[Any]:
    async with database.session(tenant_id=tenant_id) as session:
        return (await session.scalars(select(model))).all()


async def read_all(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Returns every row of each table, in the order of their keys."""
    tenant_ids = sorted(tenant.id for tenant in await read(database, Tenant))
    found = {}
    for model in TABLES:
        owners = tenant_ids if issubclass(model, TenantScoped) else [None]
        rows = [row for tenant_id in owners for row in await read(database, model, tenant_id)]
        rows.sort(key=lambda row: [str(key) for key in inspect(row).identity])
        names = [column.key for column in inspect(model).column_attrs]
        found[model.__tablename__] = [{name: getattr(row, name) for name in names} for row in rows]
    return found


def with_ages(
    tables: dict[str, list[dict[str, Any]]], at: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Gives times as what they are before another."""
    return {
        name: [
            {
                key: at - value if isinstance(value, datetime) else value
                for key, value in row.items()
            }
            for row in rows
        ]
        for name, rows in tables.items()
    }
