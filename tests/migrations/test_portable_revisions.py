"""Revisions are written on SQLite, as developers have it, and run on PostgreSQL."""

from pathlib import Path

import pytest

from tests.support.migrating import (
    MODELS,
    SERVICE_BRANCH,
    alembic,
    assure,
    migrate,
    revise,
)
from tests.support.recipes import write
from tests.support.rendering import run
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

SHAPE_MODEL = "app/db/models/shape.py"
# Each kind of type that is written in another way than it is meant on PostgreSQL.
SHAPES = '''from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Entity
from app.db.points import Point
from app.db.tenancy import TenantScoped


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Cents(sa.TypeDecorator[Decimal]):
    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / 100


class Price(sa.TypeDecorator[Decimal]):
    """Its implementation is another decorator."""

    impl = Cents
    cache_ok = True


class Shape(TenantScoped, Entity, Base):
    __tablename__ = "shapes"

    colour: Mapped[Colour]
    given: Mapped[str] = mapped_column(sa.Enum("a", "b", name="given"))
    price: Mapped[Decimal] = mapped_column(Price)
    owner: Mapped[UUID]
    drawn_at: Mapped[datetime]
    place: Mapped[Any] = mapped_column(Point())
    payload: Mapped[bytes]
    size: Mapped[float] = mapped_column(sa.Double())
    details: Mapped[Any] = mapped_column(sa.JSON())
    tags: Mapped[Any] = mapped_column(sa.JSON().with_variant(postgresql.JSONB(), "postgresql"))
'''
POINTS_MODULE = "app/db/points.py"
POINTS = """from typing import Any

import sqlalchemy as sa


class Point(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "text"
"""
SHADE = """
    shade: Mapped[Colour | None] = mapped_column()
"""


@pytest.fixture
def service(services: Services, tmp_path: Path) -> Path:
    return services.copied(EVERYTHING.answers, tmp_path / "service")


@pytest.fixture
def sqlite(service: Path, tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/data.db"
    migrate(service, url)
    return url


def list_shape_model(service: Path) -> None:
    write(service / POINTS_MODULE, POINTS)
    write(service / SHAPE_MODEL, SHAPES)
    line = 'from app.db.models.shape import Shape\n\n__all__ = ["Shape"]\n'
    write(service / MODELS, line)


def add_shade(service: Path) -> None:
    with (service / SHAPE_MODEL).open("a", encoding="utf-8") as model:
        model.write(SHADE)


def walk(service: Path, url: str) -> None:
    """Go up, down and up again, and find the models and the tables alike."""
    migrate(service, url)
    alembic(service, url, "downgrade", "service@service_root")
    migrate(service, url)
    alembic(service, url, "check")


def test_types_are_written_in_a_way_that_every_database_reads(
    service: Path, sqlite: str, postgres: Postgres
) -> None:
    list_shape_model(service)
    made = revise(service, sqlite, "shapes")
    migrate(service, sqlite)
    add_shade(service)
    revise(service, sqlite, "shades")

    for url in (sqlite, postgres.create_database()):
        walk(service, url)
    run(service, ".venv/bin/ruff", "check", SERVICE_BRANCH)
    run(service, ".venv/bin/ruff", "format", "--check", SERVICE_BRANCH)
    assert "app.db.base" not in made.read_text(encoding="utf-8")


def test_a_table_that_is_dropped_comes_back_as_it_was(
    service: Path, sqlite: str, postgres: Postgres
) -> None:
    """What SQLite calls its types is no name on PostgreSQL."""
    before = (service / MODELS).read_text(encoding="utf-8")
    list_shape_model(service)
    revise(service, sqlite, "shapes")
    migrate(service, sqlite)
    (service / SHAPE_MODEL).unlink()
    (service / MODELS).write_text(before, encoding="utf-8")
    assure(revise(service, sqlite, "drop shapes"))

    url = postgres.create_database()
    for each in (sqlite, url):
        migrate(service, each)
        alembic(service, each, "downgrade", "service@-1")
        migrate(service, each)
        alembic(service, each, "check")


def test_a_revision_by_hand_has_what_it_needs(service: Path, sqlite: str) -> None:
    alembic(service, sqlite, "revision", "--message", "by hand")
    [path] = (service / SERVICE_BRANCH).glob("*_by_hand.py")
    text = path.read_text(encoding="utf-8")
    line = 'op.add_column("items", sa.Column("size", sa.Integer()))'
    path.write_text(text.replace("    pass\n", f"    {line}\n", 1), encoding="utf-8")

    migrate(service, sqlite)


def test_the_gate_says_when_it_ran_on_sqlite_alone(service: Path, postgres: Postgres) -> None:
    gate = [".venv/bin/pytest", "--no-cov", "-q", "tests/platform/test_migrations.py"]

    assert "NOT checked on PostgreSQL" in run(service, *gate)
    url = postgres.create_database()
    assert "NOT checked" not in run(service, *gate, TEST_DATABASE_URL=url)
