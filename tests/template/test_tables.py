"""docs/tables.sql, for services whose tables another tool makes: what the platform wants there."""

import os
import subprocess
from pathlib import Path

import psycopg

from tests.support.processes import app
from tests.support.rendering import ROOT, clean_environment, run
from tests.support.servers import Postgres
from tests.support.services import NOTHING, Services

TABLES = ROOT / "template" / "docs" / "tables.sql"
PRINT = ROOT / "tests" / "service" / "support" / "print_tables.py"
HEADER = """\
-- What the platform's tables are on PostgreSQL, as of this release: docs/schema.md says what to do
-- when an update changes this file. Columns of your own in app/db/models/mixins.py are not in it.
"""
# Everything that was made, whatever its order: without the example, and without numbers.
MADE = """
    SELECT 'column', attrelid::regclass::text, attname::text,
        format_type(atttypid, atttypmod) || attnotnull || coalesce(pg_get_expr(adbin, adrelid), '')
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relkind = 'r' AND attnum > 0 AND relnamespace = 'public'::regnamespace
    UNION SELECT 'policies', relname, relrowsecurity::text, relforcerowsecurity::text
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    UNION SELECT 'policy', tablename, policyname, qual FROM pg_policies
    UNION SELECT 'index', tablename, indexname, indexdef
    FROM pg_indexes WHERE schemaname = 'public'
    UNION SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
    UNION SELECT 'function', '', proname, prosrc
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def test_the_file_states_the_tables_of_this_release(services: Services) -> None:
    """Otherwise: make tables."""
    service = services.installed(NOTHING.answers)
    stated = HEADER + run(service, ".venv/bin/python", str(PRINT), PYTHONPATH=str(service))
    if os.environ.get("GROUNDWORK_TABLES"):
        TABLES.write_text(stated, encoding="utf-8")

    assert TABLES.read_text(encoding="utf-8") == stated


def test_the_file_makes_the_tables_of_the_service(services: Services, postgres: Postgres) -> None:
    service = services.installed(NOTHING.answers)
    made, stated = postgres.create_database(), postgres.create_database()
    run(service, "make", "tables", DATABASE_URL=made)
    with psycopg.connect(stated) as connection:
        connection.execute(TABLES.read_bytes())

    assert find_made(stated) == {each for each in find_made(made) if each[1] != "items"}
    assert check(service, made) == "The settings are fine.\n"
    assert check(service, stated) == "The database has no table items\n"


def find_made(url: str) -> set[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        found = set(connection.execute(MADE).fetchall())
    assert {kind for kind, *_ in found} == {
        "column",
        "constraint",
        "function",
        "index",
        "policies",
        "policy",
        "trigger",
    }
    return found


def check(service: Path, url: str) -> str:
    done = subprocess.run(
        app("check"),
        cwd=service,
        env=clean_environment() | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == bool(done.stderr)
    return done.stdout + done.stderr
