"""The rows of the old backend, in a first tenant with an owner.

Revision: adoption_rows, after adoption_tables
"""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "adoption_rows"
down_revision = "adoption_tables"
branch_labels = None
depends_on = "platform_0001"

# The first tenant, and who owns it; every other user is a member.
TENANT, OWNER = "Notes", "ann@example.com"
# What is copied of each table of theirs, those that others refer to first.
COPIED = {"labels": ["name"], "notes": ["label_id", "title", "body", "created_at"]}
NEW_ID = {
    "postgresql": sa.func.gen_random_uuid(),
    "sqlite": sa.func.lower(sa.func.hex(sa.func.randomblob(16))),
}


def table(name: str, *plain: str, **typed: sa.types.TypeEngine) -> sa.TableClause:
    columns = [sa.column(column, kind) for column, kind in typed.items()]
    return sa.table(name, *map(sa.column, plain), *columns)


ID, TIME = sa.Uuid(), sa.DateTime(timezone=True)
OLD = table(
    "legacy_users", "id", "email", "hashed_password", is_active=sa.Boolean(), created_at=TIME
)
TENANTS = table("tenants", "name", "last_number", id=ID, created_at=TIME)
MEMBERSHIPS = table("memberships", "role", user_id=ID, tenant_id=ID, created_at=TIME)
USERS = table(
    *("users", "email", "name", "password_hash", "legacy_id"),
    **{"id": ID, "created_at": TIME, "verified_at": TIME, "disabled_at": TIME},
    is_platform_admin=sa.Boolean(),
)


def upgrade() -> None:
    connection = op.get_bind()
    if not sa.inspect(connection).has_table("legacy_users"):
        return
    old = connection.execute(sa.select(OLD).order_by(OLD.c.id)).all()
    if OWNER.lower() not in {user.email.lower() for user in old}:
        raise CommandError(f"{OWNER} is no user of the old backend: correct OWNER in {__file__}")
    tenant_id, now = uuid4(), datetime.now(UTC)
    tenant = {"id": tenant_id, "name": TENANT, "created_at": now, "last_number": 0}
    connection.execute(TENANTS.insert(), tenant)
    users = [new_user(user, now) for user in old]
    connection.execute(USERS.insert(), users)
    connection.execute(MEMBERSHIPS.insert(), [new_member(user, tenant_id, now) for user in users])
    copied = [copy_rows(connection, name, tenant_id, now) for name in COPIED]
    connection.execute(
        TENANTS.update().where(TENANTS.c.id == tenant_id), {"last_number": max(copied)}
    )


def new_user(old: sa.Row, now: datetime) -> dict[str, object]:
    return {
        "id": uuid4(),
        "created_at": old.created_at,
        "email": old.email.lower(),
        "name": "",
        "password_hash": old.hashed_password,
        "is_platform_admin": False,
        # They could sign in so far, so their addresses count as confirmed.
        "verified_at": old.created_at,
        "disabled_at": None if old.is_active else now,
        "legacy_id": old.id,
    }


def new_member(user: dict[str, object], tenant_id: UUID, now: datetime) -> dict[str, object]:
    role = "owner" if user["email"] == OWNER.lower() else "member"
    return {"user_id": user["id"], "tenant_id": tenant_id, "role": role, "created_at": now}


def copy_rows(connection: sa.Connection, name: str, tenant_id: UUID, now: datetime) -> int:
    """Returns the greatest number that there is."""
    source = table(f"legacy_{name}", "id", "owner_id", *COPIED[name])
    values = {
        "tenant_id": sa.literal(tenant_id, ID),
        "id": NEW_ID[connection.dialect.name],
        "number": source.c.id,
        "created_by": USERS.c.id,
        "created_at": sa.literal(now, TIME),
        **{each: source.c[each] for each in COPIED[name]},
    }
    rows = sa.select(*values.values())
    rows = rows.join_from(source, USERS, USERS.c.legacy_id == source.c.owner_id)
    connection.execute(table(name, *values).insert().from_select([*values], rows))
    return connection.scalar(sa.select(sa.func.coalesce(sa.func.max(source.c.id), 0)))


def downgrade() -> None:
    """Empties what the revision before this one has made; the old tables have their rows still."""
    for name in (*reversed(COPIED), "memberships"):
        op.execute(sa.delete(sa.table(name)))
    op.execute(sa.delete(USERS).where(USERS.c.legacy_id.is_not(None)))
