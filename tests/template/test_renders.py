"""Each combination of options: clean as rendered, and green in its own eyes."""

import re
import sys
from pathlib import Path

import pytest

from tests.support.clean import executables, flaws, own_files, scripts
from tests.support.rendering import COMBINATIONS, OPTIONS, Combination, run
from tests.support.servers import Postgres, Redis
from tests.support.services import (
    COVERING,
    EACH_COMBINATION,
    EACH_COVERING,
    Services,
    named,
)
from tests.support.suites import FEWEST_TESTS, UNMEASURED, results

ANSWERS_FILE = ".copier-answers.yml"
# What an answer leaves wherever it is given, and nowhere else.
TRACES = {
    ("use_alembic", True): r"alembic|migrat",
    ("use_redis", True): r"redis",
    ("jwt_library", "python-jose"): r"jose",
    ("jwt_library", "pyjwt"): r"pyjwt|^(import|from) jwt\b",
}
TOOLS = Path(sys.executable).parent
# Each tool's word that it did its work.
STATIC_CHECKS = [
    r"\d+ files already formatted",
    r"All checks passed!",
    r"Success: no issues found in \d+ source files",
    r"Contracts: [5-9] kept, 0 broken\.",
]
COVERAGE = r"Required test coverage of 90(\.0)?% reached"

each_combination = pytest.mark.parametrize("combination", EACH_COMBINATION)
each_covering = pytest.mark.parametrize("combination", EACH_COVERING)


@each_combination
def test_the_text_is_clean(combination: Combination, services: Services) -> None:
    assert flaws(services.rendered(combination.answers)) == []


@each_combination
def test_scripts_can_be_run(combination: Combination, services: Services) -> None:
    service = services.rendered(combination.answers)

    assert "scripts/run_checks.sh" in scripts(service)
    assert executables(service) == scripts(service)


def test_every_answer_that_brings_something_has_its_traces() -> None:
    brings = {
        (option, answer) for option, answers in OPTIONS.items() for answer in answers if answer
    }

    assert TRACES.keys() == brings


@pytest.mark.parametrize(("option", "answer"), TRACES)
@each_combination
def test_an_answer_leaves_its_traces_where_it_is_given(
    option: str, answer: object, combination: Combination, services: Services
) -> None:
    """Nowhere else is the point; that it does so there shows that we look for the right words."""
    files = own_files(services.rendered(combination.answers))
    found = [
        name
        for name, text in files.items()
        if name != ANSWERS_FILE
        and re.search(TRACES[option, answer], f"{name}\n{text}", re.IGNORECASE | re.MULTILINE)
    ]

    assert bool(found) == (combination.answers[option] == answer), found


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


@each_covering
def test_one_token_library_is_locked_without_unused_packages(
    combination: Combination, services: Services
) -> None:
    lock = (services.installed(combination.answers) / "uv.lock").read_text()
    locked = set(re.findall(r'^name = "(.+)"$', lock, re.MULTILINE))

    assert "cryptography" in locked
    assert locked & set(OPTIONS["jwt_library"]) == {combination.jwt_library}
    assert locked & {"ecdsa", "rsa", "pyasn1"} == set()


@pytest.mark.parametrize("combination", named(sorted(set(COMBINATIONS) - set(COVERING), key=str)))
def test_its_static_checks_pass(combination: Combination, services: Services) -> None:
    """Where its suite does not run, which is next: all but that."""
    said = services.check(
        services.installed(combination.answers), UNMEASURED, "--collect-only", "--quiet"
    )

    for sentence in STATIC_CHECKS:
        assert re.search(sentence, said), said
    assert re.search(r"^\d{2,} tests collected", said, re.MULTILINE), said


@each_covering
def test_its_own_checks_pass(combination: Combination, services: Services) -> None:
    """On SQLite: format, lint, types, layers, and its suite with the team's coverage."""
    said = services.check(services.installed(combination.answers))

    for sentence in [*STATIC_CHECKS, COVERAGE]:
        assert re.search(sentence, said), said
    assert results(said).passed > FEWEST_TESTS


@each_covering
def test_its_suite_passes_on_real_servers(
    combination: Combination, services: Services, postgres: Postgres, redis: Redis
) -> None:
    service = services.installed(combination.answers)
    given = {"TEST_DATABASE_URL": postgres.create_database()}
    given |= {"TEST_REDIS_URL": redis.url(0)} if combination.use_redis else {}
    ran = results(run(service, ".venv/bin/pytest", UNMEASURED, **given))

    assert ran.passed > FEWEST_TESTS
    assert ran.skipped == 0
