"""The platform's own tests, tests/service, in services: on SQLite, PostgreSQL and Redis."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import psycopg
import pytest

from benchmarks import in_service
from tests.service.support.optional import without_subject
from tests.support.pythons import found_pythons, newest_python
from tests.support.reach import REACH, changed_code, reached
from tests.support.rendering import COMBINATIONS, OPTIONS, ROOT, Combination, run
from tests.support.servers import Postgres, Redis
from tests.support.services import (
    COVERING,
    EACH_EXTREME,
    EVERYTHING,
    EXTREMES,
    NOTHING,
    Services,
    named,
)
from tests.support.suites import (
    ATTACKS,
    FEWEST_SERVICE_TESTS,
    REQUIREMENTS,
    SERVICE_TESTS,
    Results,
    measured_service_suite,
    service_suite,
    surroundings,
)

# What `make bench` and `make micro` run in a service's environment.
BENCHMARKS = [ROOT / "benchmarks" / name for name in ("bare", "micro")]
SOME = [each for each in COVERING if each not in EXTREMES]
ON_SQLITE, ON_POSTGRESQL = SOME[::2], SOME[1::2]
# What has the files of NOTHING runs there for the first time with NOTHING.
RAN_ON_POSTGRESQL = {NOTHING: [EVERYTHING]} | dict.fromkeys(ON_POSTGRESQL, EXTREMES)
NOT_OURS = """
[[tool.mypy.overrides]]
module = ["attr.*"]
ignore_errors = true
"""


def reached_tests(
    combination: Combination, services: Services, whole: Iterable[Combination] = EXTREMES
) -> list[str]:
    wholes = [services.rendered(each.answers) for each in whole]
    return reached(services.rendered(combination.answers), wholes)


@pytest.mark.parametrize("combination", named([EVERYTHING]))
def test_the_platform_is_tested_whole(combination: Combination, services: Services) -> None:
    ran = service_suite(services.installed(combination.answers))

    assert ran.passed > FEWEST_SERVICE_TESTS


@pytest.mark.parametrize("combination", named([EVERYTHING]))
def test_all_platform_tests_pass_on_real_servers(
    combination: Combination, services: Services, postgres: Postgres, redis: Redis, tmp_path: Path
) -> None:
    """With its coverage."""
    url = postgres.create_database()
    servers = {"TEST_DATABASE_URL": url, "TEST_REDIS_URL": redis.url(0)}
    ran = measured(combination, services, tmp_path, **servers)

    assert ran.passed > FEWEST_SERVICE_TESTS
    assert ran.skipped == 0
    assert transactions(url) > FEWEST_SERVICE_TESTS


@pytest.mark.parametrize("combination", named([NOTHING]))
def test_all_platform_tests_pass_with_no_option(
    combination: Combination, services: Services, tmp_path: Path
) -> None:
    """With its coverage: hardly a line of the other services is in neither of these."""
    assert measured(combination, services, tmp_path).passed > FEWEST_SERVICE_TESTS


def measured(combination: Combination, services: Services, folder: Path, **servers: str) -> Results:
    """Run a whole suite by the newest Python, and measure its coverage."""
    version = newest_python()
    service = services.installed(combination.answers, found_pythons()[version])
    assert run(service, ".venv/bin/python", "--version").startswith(f"Python {version}.")
    return measured_service_suite(service, version, folder, **servers)


@pytest.mark.parametrize("combination", named(ON_SQLITE))
def test_tests_reached_by_an_answer_pass(
    combination: Combination, services: Services, redis: Redis
) -> None:
    """On SQLite, and on PostgreSQL below: each answer, together with each kind of server."""
    tests = reached_tests(combination, services)
    servers = redis_of(combination, redis)
    ran = service_suite(services.equipped(combination.answers), tests=tests, **servers)

    assert ran.passed > len(tests) > 0


@pytest.mark.parametrize("combination", named([NOTHING, *ON_POSTGRESQL]))
def test_tests_reached_by_an_answer_pass_on_postgresql(
    combination: Combination, services: Services, postgres: Postgres, redis: Redis
) -> None:
    tests = reached_tests(combination, services, RAN_ON_POSTGRESQL[combination])
    url = postgres.create_database()
    servers = redis_of(combination, redis) | {"TEST_DATABASE_URL": url}
    ran = service_suite(services.equipped(combination.answers), tests=tests, **servers)

    assert ran.passed > len(tests) > 0
    assert ran.skipped == 0
    assert transactions(url) > len(tests)


def redis_of(combination: Combination, redis: Redis) -> dict[str, str]:
    return {"TEST_REDIS_URL": redis.url(0)} if combination.use_redis else {}


def test_each_answer_is_tested_on_each_kind_of_server() -> None:
    """Whole, or in what the answer reaches."""
    answers = {(name, answer) for name, known in OPTIONS.items() for answer in known}

    for combinations in ([*EXTREMES, *ON_SQLITE], [EVERYTHING, NOTHING, *ON_POSTGRESQL]):
        assert {pair for each in combinations for pair in each.answers.items()} == answers


def transactions(url: str) -> int:
    """Count what the database has seen, to know that it was the one asked."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize("combination", named(COMBINATIONS))
def test_tests_without_their_subject_are_not_chosen(
    combination: Combination, services: Services
) -> None:
    """Folders that hold such tests are, and leave them out themselves."""
    chosen = reached_tests(combination, services)
    absent = without_subject(services.rendered(combination.answers))

    assert [test for test in chosen for path in absent if test.startswith(path)] == []


def test_the_table_knows_every_file_that_an_answer_changes(services: Services) -> None:
    for combination in COMBINATIONS:
        service = services.rendered(combination.answers)
        wholes = [services.rendered(each.answers) for each in EXTREMES]
        changed = changed_code(service, wholes)
        assert [name for name in changed if not name.startswith(tuple(REACH))] == []


def test_the_table_names_what_there_is(services: Services) -> None:
    files = changed_code(
        services.rendered(EVERYTHING.answers | {"project_name": "Other"}),
        [services.rendered(each.answers) for each in COMBINATIONS],
    )

    assert [path for path in REACH if not any(name.startswith(path) for name in files)] == []
    tests = {test for reaching in REACH.values() for test in reaching}
    assert [test for test in tests if not (SERVICE_TESTS / test).exists()] == []


def test_the_table_names_every_test_that_imports_such_a_file() -> None:
    """A text that is looked for, since modules come by names of packages as well."""
    missing = [
        f"{name} reaches {path}"
        for path, reaching in REACH.items()
        for name, text in sources().items()
        if re.search(imports(path), text, re.MULTILINE)
        and not any(name.startswith(test) for test in reaching)
    ]

    assert missing == []


def sources() -> dict[str, str]:
    return {
        path.relative_to(SERVICE_TESTS).as_posix(): path.read_text()
        for path in SERVICE_TESTS.rglob("test_*.py")
    }


def imports(path: str) -> str:
    """Make the pattern of an import of a module or package."""
    name = path.removesuffix("/").removesuffix(".py").replace("/", ".")
    package, _, module = name.rpartition(".")
    name, package = re.escape(name), re.escape(package)
    return rf"^(from|import) {name}\b|^from {package} import .*\b{module}\b"


@pytest.mark.parametrize("combination", EACH_EXTREME)
def test_suites_are_well_typed(
    combination: Combination, services: Services, tmp_path: Path
) -> None:
    """By the rules of a service, where they run; what it has not is looked at in another."""
    service = services.installed(combination.answers)
    absent = "|".join(without_subject(service)) or "nothing"
    suites = [SERVICE_TESTS] + [ATTACKS, *BENCHMARKS] * (combination == EVERYTHING)
    types = [".venv/bin/mypy", "--exclude", f"tests/service/({absent})", *map(str, suites)]
    # What they import is looked at where it stands; stubs of libraries are not ours.
    rules = tmp_path / "pyproject.toml"
    rules.write_text((service / "pyproject.toml").read_text(encoding="utf-8") + NOT_OURS)
    options = ["--follow-imports", "silent", "--config-file", str(rules)]
    packages = [
        surroundings(each)["PYTHONPATH"] for each in (REQUIREMENTS, in_service.REQUIREMENTS)
    ]
    places = os.pathsep.join([*packages, str(ROOT / "benchmarks")])
    said = run(service, *types, *options, MYPYPATH=places)

    assert "Success: no issues found" in said
