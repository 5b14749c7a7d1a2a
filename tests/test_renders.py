"""Each combination of options: clean as rendered, and green in its own eyes."""

import re
import sys
from pathlib import Path

import psycopg
import pytest

from tests.clean import executables, flaws, own_files, scripts
from tests.rendering import COMBINATIONS, Combination, run
from tests.servers import Postgres, Redis
from tests.services import EACH_COMBINATION, FEWEST_TESTS, Services, results

ANSWERS_FILE = ".copier-answers.yml"
# What an option leaves wherever it is on, and nowhere else.
TRACES = {"use_alembic": r"alembic|migrat", "use_redis": r"redis"}
TOOLS = Path(sys.executable).parent
# Each tool's word that it did its work.
SAID_BY_CHECKS = [
    r"\d+ files already formatted",
    r"All checks passed!",
    r"Success: no issues found in \d+ source files",
    r"Contracts: [5-9] kept, 0 broken\.",
    r"Required test coverage of 90(\.0)?% reached",
]

each_combination = pytest.mark.parametrize("combination", EACH_COMBINATION)


@each_combination
def test_the_text_is_clean(combination: Combination, services: Services) -> None:
    assert flaws(services.rendered(combination.answers)) == []


@each_combination
def test_scripts_can_be_run(combination: Combination, services: Services) -> None:
    service = services.rendered(combination.answers)

    assert "scripts/run_checks.sh" in scripts(service)
    assert executables(service) == scripts(service)


def test_every_option_has_its_traces() -> None:
    assert TRACES.keys() == COMBINATIONS[0].answers.keys()


@pytest.mark.parametrize("option", TRACES)
@each_combination
def test_an_option_that_is_off_leaves_no_trace(
    option: str, combination: Combination, services: Services
) -> None:
    """The other way round it shows that we look for the right words."""
    files = own_files(services.rendered(combination.answers))
    found = [
        name
        for name, text in files.items()
        if name != ANSWERS_FILE and re.search(TRACES[option], f"{name}\n{text}", re.IGNORECASE)
    ]

    assert bool(found) == combination.answers[option], found


@each_combination
def test_the_image_and_the_containers_are_well_described(
    combination: Combination, services: Services
) -> None:
    service = services.rendered(combination.answers)

    run(service, str(TOOLS / "hadolint"), "--no-color", "Dockerfile")
    validate(service, "compose-spec", ["compose.yaml", "compose.override.yaml"])


@each_combination
def test_the_workflows_are_valid_and_safe(combination: Combination, services: Services) -> None:
    service = services.rendered(combination.answers)
    workflows = [str(path) for path in sorted(service.glob(".github/workflows/*"))]

    validate(service, "github-workflows", workflows)
    run(service, str(TOOLS / "zizmor"), "--offline", "--no-progress", *workflows)


def validate(service: Path, schema: str, files: list[str]) -> None:
    command = ["--builtin-schema", f"vendor.{schema}", *files]
    run(service, str(TOOLS / "check-jsonschema"), *command)


@each_combination
def test_what_the_token_library_asks_for_in_vain_is_not_locked(
    combination: Combination, services: Services
) -> None:
    lock = (services.installed(combination.answers) / "uv.lock").read_text()
    locked = set(re.findall(r'^name = "(.+)"$', lock, re.MULTILINE))

    assert {"python-jose", "cryptography"} <= locked
    assert locked & {"ecdsa", "rsa", "pyasn1"} == set()


@each_combination
def test_its_own_checks_pass(combination: Combination, services: Services) -> None:
    """On SQLite: format, lint, types, layers, and the suite with its coverage."""
    said = services.check(services.installed(combination.answers))

    for sentence in SAID_BY_CHECKS:
        assert re.search(sentence, said), said
    assert results(said).passed > FEWEST_TESTS


@each_combination
def test_its_suite_passes_on_real_servers(
    combination: Combination, services: Services, postgres: Postgres, redis: Redis
) -> None:
    service = services.installed(combination.answers)
    url = postgres.create_database()
    given = {"TEST_REDIS_URL": redis.url(0)} if combination.use_redis else {}
    said = run(service, ".venv/bin/pytest", TEST_DATABASE_URL=url, **given)

    assert results(said).passed > FEWEST_TESTS
    assert results(said).skipped == 0
    assert transactions(url) > FEWEST_TESTS


def transactions(url: str) -> int:
    """Count what the database has seen, to know that it was the one asked."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row
    return int(row[0])
