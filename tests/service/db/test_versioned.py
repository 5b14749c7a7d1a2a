import pytest
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from app.crud import tenants
from app.db.models.tenant import Tenant
from app.db.session import Database
from app.db.versioned import Versioned, etag_of


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    """A tenant as somebody has read it who holds no lock."""
    async with database.session() as session:
        return await tenants.create(session, name="as it was")


async def change(database: Database, tenant: Tenant, name: str) -> None:
    async with database.session() as session:
        session.add(tenant)
        await tenants.update(session, tenant, {"name": name})


async def test_each_change_adds_one(database: Database, tenant: Tenant) -> None:
    versions = [tenant.version]
    for name in ("first", "second", "second"):
        await change(database, tenant, name)
        versions.append(tenant.version)

    assert versions == [1, 2, 3, 3]


async def test_a_row_changed_meanwhile_is_not_overwritten(
    database: Database, tenant: Tenant
) -> None:
    tenant_id = tenant.id
    async with database.session() as session:
        other = await tenants.get(session, tenant_id)
        assert other is not None
        await tenants.update(session, other, {"name": "theirs"})

    with pytest.raises(StaleDataError):
        await change(database, tenant, "mine")
    async with database.session() as session:
        kept = await tenants.get(session, tenant_id)
        assert kept is not None
        assert (kept.name, kept.version) == ("theirs", 2)


async def test_a_column_names_the_version_as_the_row_does(
    database: Database, tenant: Tenant
) -> None:
    await change(database, tenant, "changed")
    async with database.session() as session:
        row = (await session.execute(select(Tenant.name, etag_of(Tenant)))).one()

    assert row._asdict() == {"name": "changed", "etag": tenant.etag}


class OtherBase(DeclarativeBase):
    """Keeps tables that are never made out of the service's own."""


class Vehicle(Versioned, OtherBase):
    __tablename__ = "test_vehicles"

    kind: Mapped[str]


def test_subclasses_share_the_version() -> None:
    class Bicycle(Vehicle):
        gears: Mapped[int | None] = mapped_column()

    assert Bicycle.__mapper__.version_id_col is Vehicle.__mapper__.version_id_col is not None


def test_a_model_that_would_not_count_is_refused() -> None:
    with pytest.raises(TypeError, match="Uncounted has __mapper_args__"):

        class Uncounted(Versioned, OtherBase):
            __tablename__ = "test_uncounted"
            __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - as a team might write it
