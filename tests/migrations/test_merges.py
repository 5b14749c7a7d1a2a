"""Two developers have written a revision each, and git has merged what they did."""

import re
from pathlib import Path

import pytest

from tests.support.migrating import (
    SERVICE_BRANCH,
    add_order_model,
    alembic,
    migrate,
    revise,
    write_revision,
)
from tests.support.rendering import run
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

COLUMN = 'op.add_column("items", sa.Column("{}", sa.String(20)))'
DROP = 'op.drop_column("items", "{}")'
GATE = [".venv/bin/pytest", "--no-cov", "-q", "tests/platform/test_migrations.py"]


@pytest.fixture
def merged(services: Services, tmp_path: Path) -> Path:
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    for name in ("colour", "size"):
        write_revision(service, name, COLUMN.format(name), DROP.format(name))
    model = service / "app/db/models/item.py"
    columns = "".join(
        f"\n    {name}: Mapped[str | None] = mapped_column(String(20))"
        for name in ("colour", "size")
    )
    model.write_text(model.read_text(encoding="utf-8").rstrip() + columns + "\n", encoding="utf-8")
    return service


def test_the_next_revision_joins_what_two_have_written(
    merged: Path, tmp_path: Path, postgres: Postgres
) -> None:
    sqlite = f"sqlite:///{tmp_path}/data.db"
    migrate(merged, sqlite)
    add_order_model(merged)
    joined = revise(merged, sqlite, "orders").read_text(encoding="utf-8")

    [line] = re.findall(r"^down_revision = .*", joined, re.MULTILINE)
    assert set(re.findall(r"\w+", line)) == {"down_revision", "colour", "size"}
    assert alembic(merged, sqlite, "heads").count("(service)") == 1
    for url in (sqlite, postgres.create_database()):
        migrate(merged, url)
        alembic(merged, url, "check")
    run(merged, *GATE, TEST_DATABASE_URL=postgres.create_database())
    run(merged, *GATE)


def test_revisions_that_nothing_joins_are_named(merged: Path) -> None:
    """The gate says the one command; after it the walks bear the revision that joins."""
    with pytest.raises(AssertionError, match='make migration m="merge"'):
        run(merged, *GATE)

    url = f"sqlite:///{merged}/data.db"
    migrate(merged, url)
    revise(merged, url, "merge")
    assert [*(merged / SERVICE_BRANCH).glob("*_merge.py")]
    run(merged, *GATE)
