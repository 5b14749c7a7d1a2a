"""What this service's own seeders yield."""

from itertools import zip_longest

import pytest
from sqlalchemy import inspect

from app.db.base import Base, Entity, now
from app.extensions import extensions
from app.services.seeding.tenants import Seeder, make_tenant

NOW = now()


@pytest.mark.parametrize("seeder", extensions.seeders)
def test_a_seeder_repeats_itself_and_leaves_nothing_to_chance(seeder: Seeder) -> None:
    for row, again in zip_longest(make_rows(seeder), make_rows(seeder)):
        assert type(row) is type(again)
        for column in inspect(type(row)).column_attrs:
            assert getattr(row, column.key) == getattr(again, column.key), column
        if isinstance(row, Entity):
            assert row.id, "take it from tenant.make_id()"
            assert row.created_at, "take it from tenant.make_time()"


def make_rows(seeder: Seeder) -> list[Base]:
    return list(seeder(make_tenant(1, 1, members=4, rows=20, now=NOW)))
