"""What a team makes of its service: every recipe, tests/team, and lines in the overlays."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copytree, ignore_patterns

from tests.support.newer_release import replace
from tests.support.recipes import follow, follow_all
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
# Below each anchor of each file. `uv add` writes to pyproject.toml as well.
ADDED = {
    ".dockerignore": {"The platform's lines": "!templates\n"},
    ".gitattributes": {"The platform's lines": "*.csv eol=crlf\n"},
    ".github/CODEOWNERS": {"The platform's lines": "/docs @acme/writers\n"},
    ".github/workflows/ci.yml": {
        "The platform's steps": "      - run: make stock\n",
        "The platform's jobs": """
  stock:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - run: echo "Count the stock."
""",
    },
    ".github/workflows/dependencies.yml": {
        "The platform's jobs": "  licenses:\n    uses: ./.github/workflows/licenses.yml\n"
    },
    ".github/workflows/platform-update.yml": {
        "The platform's jobs": "  announce:\n    uses: ./.github/workflows/announce.yml\n"
    },
    ".gitignore": {"The platform's lines": "exports/\n"},
    "scripts/scan_secrets.sh": {
        "The platform's options": "    --exclude-files '^fixtures/'\n",
    },
    # In the place of packages: what stands in for the base in tests has no apt-get.
    "Dockerfile": {
        "The platform's packages to build with": "RUN echo of the build > /usr/local/bin/gcc\n",
        "The platform's build steps": "RUN echo of the build > app/built.txt\n",
        "The platform's packages to run with": "RUN echo of the team > /usr/local/lib/libpq.so\n",
    },
    ".pre-commit-config.yaml": {
        "The platform's hooks": """\
      - id: own
        name: our own
        entry: "true"
        language: system
"""
    },
    "pyproject.toml": {
        "The platform's constraints": """    "dirty-equals<1",
]
default-groups = [
    "dev",
    "docs",
""",
        "The platform's settings of ruff": 'extend-exclude = ["generated"]\n',
        "The platform's rules": '    "FLY",\n',
        "The platform's exceptions": '    "PLR0911", # an order has many ways to end\n',
        "The platform's exceptions by file": '"app/commands/**" = ["T201"]\n',
        "The platform's exclusions": """\
    "^generated/",
]
enable_error_code = [
    "redundant-self",
""",
        "The platform's options": '    "--durations=3",\n',
        "The platform's filters": '    "ignore:our own old calls:DeprecationWarning",\n',
        "The platform's markers": """    "slow: takes more than a second",
]
required_plugins = [
    "pytest-cov",
""",
        "The platform's files": '    "app/generated/*",\n',
        "The platform's settings of reports": "precision = 1\n",
        "This service's own sections": """
[[tool.importlinter.contracts]]
name = "Orders know no passwords"
type = "forbidden"
source_modules = ["app.services.orders"]
forbidden_modules = ["app.auth"]
""",
    },
}
# Recipes add to .env.example.
EDITED = {*ADDED, ".env.example"}
OBJECTIVES = "deploy/monitoring/alerts/objectives.yml"
# What is the team's although it stands above an anchor.
VERSION, OWN_VERSION = 'version = "0.0.0"', 'version = "1.4.0"'
DEPENDENCY, TOOL, DOCS_TOOL = "humanize", "dirty-equals", "iniconfig"
TENANT = "The corner shop"
CREATE_OWNER = [
    *(".venv/bin/python", "-m", "app", "create-owner"),
    *("--email", "ann@example.com", "--tenant", TENANT),
]
NICKNAME = "UPDATE users SET nickname = 'Annie'"
# Without migrations the team's own tool does it.
ADD_NICKNAME = "ALTER TABLE users ADD COLUMN nickname VARCHAR(50)"
AN_ORDER = """
    INSERT INTO orders (tenant_id, id, created_at, created_by, name, description)
    SELECT id, id, created_at, id, 'A-1', 'Three lamps' FROM tenants
"""


def make_team(combination: Combination, releases: Releases, place: Path) -> Path:
    """Make a service, born from the older release, that is in use and changed."""
    service = install(releases.born(combination.answers, OLDER, place))
    make_tables(service, combination)
    run(service, *CREATE_OWNER)
    edit(service)
    if combination.use_alembic:
        run(service, "make", "migration", "m=orders instead of items")
    else:
        query(service, ADD_NICKNAME)
    make_tables(service, combination)
    query(service, AN_ORDER)
    query(service, NICKNAME)
    commit(service, "Sell things")
    return service


def edit(service: Path) -> None:
    follow_all(service)
    replace(service / OBJECTIVES, "vector(0.999)", "vector(0.995)")
    copy_files(service)
    run(service, str(UV), "add", "--quiet", "--group", "docs", DOCS_TOOL)
    replace(service / "pyproject.toml", VERSION, OWN_VERSION)
    for name, added in ADDED.items():
        text = (service / name).read_text(encoding="utf-8")
        for anchor, lines in added.items():
            text = add_below(text, anchor, lines)
        (service / name).write_text(text, encoding="utf-8")


def copy_files(service: Path) -> None:
    """Copy the team's files; those for Kubernetes where the service is for it."""
    is_for_kubernetes = (service / "deploy/kubernetes").exists()
    ignored = None if is_for_kubernetes else ignore_patterns("kubernetes")
    copytree(FILES, service, dirs_exist_ok=True, ignore=ignored)
    if is_for_kubernetes:
        run(service, "make", "kubernetes-rules")


def add_below(text: str, anchor: str, lines: str) -> str:
    """Add lines where `uv add` has not added its own yet."""
    below = rf"(?m)^ *# {anchor} (?:end here|follow).*\n"
    assert len(re.findall(below, text)) == 1, anchor
    return re.sub(below, lambda found: found[0] + lines, text)


def delete_example(service: Path) -> None:
    """Take the example out, its table included, and put nothing in its place."""
    follow("Delete the example", service)
    run(service, "make", "migrate")
    run(service, "make", "migration", "m=no items")


def make_tables(service: Path, combination: Combination) -> None:
    run(service, "make", "migrate" if combination.use_alembic else "tables")


def query(service: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(service / "data.db")) as database, database:
        return database.execute(statement).fetchall()
