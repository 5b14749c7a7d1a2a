"""What a team makes of its service: tests/team over the seams, and lines in the overlays."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copytree

from tests.support.releases import OLDER, Releases
from tests.support.rendering import ROOT, UV, Combination, commit, install, run

FILES = ROOT / "tests" / "team"
# The example, as a team takes it out. Its migration has run somewhere, so it stays, and the team's
# own drops the table.
DELETED = [
    "app/api/v1/items.py",
    "app/crud/items.py",
    "app/db/models/item.py",
    "app/schemas/item.py",
    "app/services/items.py",
    "app/services/seeding/items.py",
    "tests/api/test_items.py",
]
# Where the example is listed, and how a line that names it looks.
SEAMS_OF_EXAMPLE = [
    "app/api/v1/__init__.py",
    "app/db/models/__init__.py",
    "app/extensions.py",
    "app/permissions.py",
]
OF_EXAMPLE = re.compile(r"^.*(\bitems?\b|ITEMS_).*\n|\"Item\", ", re.MULTILINE)
# Below the platform's last line. `uv add` writes to pyproject.toml as well.
APPENDED = {
    ".env.example": """
# How many pieces an order may be for.
ORDER_LIMIT=1000
""",
    "pyproject.toml": """
[[tool.importlinter.contracts]]
name = "Orders know no passwords"
type = "forbidden"
source_modules = ["app.services.orders"]
forbidden_modules = ["app.auth"]
""",
}
DEPENDENCY, TOOL = "humanize", "dirty-equals"
TENANT = "The corner shop"
CREATE_OWNER = [
    *(".venv/bin/python", "-m", "app", "create-owner"),
    *("--email", "ann@example.com", "--tenant", TENANT),
]
AN_ORDER = """
    INSERT INTO orders (tenant_id, id, created_at, number, quantity)
    SELECT id, id, created_at, 'A-1', 3 FROM tenants
"""


class Teams:
    """A service of each combination, born from the older release, that is in use and changed."""

    def __init__(self, releases: Releases, folder: Path) -> None:
        self._releases = releases
        self._folder = folder
        self._made: dict[Combination, Path] = {}

    def service(self, combination: Combination) -> Path:
        if combination not in self._made:
            self._made[combination] = self._make(combination)
        return self._made[combination]

    def _make(self, combination: Combination) -> Path:
        place = self._folder / str(combination)
        service = install(self._releases.born(combination.answers, OLDER, place))
        make_tables(service, combination)
        run(service, *CREATE_OWNER)
        edit(service)
        if combination.use_alembic:
            run(service, "make", "migration", "m=orders instead of items")
        make_tables(service, combination)
        query(service, AN_ORDER)
        commit(service, "Sell things")
        return service


def edit(service: Path) -> None:
    for name in DELETED:
        (service / name).unlink()
    copytree(FILES, service, dirs_exist_ok=True)
    run(service, str(UV), "add", "--quiet", DEPENDENCY)
    run(service, str(UV), "add", "--quiet", "--dev", TOOL)
    for name, lines in APPENDED.items():
        with (service / name).open("a", encoding="utf-8") as file:
            file.write(lines)


def delete_example(service: Path) -> None:
    """Take the example out, its table included, and put nothing in its place."""
    for name in DELETED:
        (service / name).unlink()
    for name in SEAMS_OF_EXAMPLE:
        path = service / name
        path.write_text(OF_EXAMPLE.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    run(service, "make", "migrate")
    run(service, "make", "migration", "m=no items")


def make_tables(service: Path, combination: Combination) -> None:
    run(service, "make", "migrate" if combination.use_alembic else "tables")


def query(service: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(service / "data.db")) as database, database:
        return database.execute(statement).fetchall()
