"""Each combination of options: clean as rendered, and green in its own eyes."""

import re
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.support.clean import executables, flaws, own_files, scripts
from tests.support.rendering import COMBINATIONS, OPTIONS, Combination, run
from tests.support.servers import Postgres, Redis
from tests.support.services import EACH_COMBINATION, EACH_COVERING, EACH_EXTREME, Services
from tests.support.shared import digest, once
from tests.support.suites import FEWEST_TESTS, UNMEASURED, results

ANSWERS_FILE = ".copier-answers.yml"
# What an answer leaves wherever it is given, and nowhere else.
TRACES = {
    ("use_alembic", True): r"alembic|migrat",
    ("use_redis", True): r"redis",
    ("use_opentelemetry", True): r"opentelemetry|otlp|jaeger",
    # That its names of variables are reserved stands in every service.
    ("use_sentry", True): r"sentry(?!_\.\.\.)",
    ("use_kubernetes", True): r"kubernetes|kustomiz|kubectl",
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

WORKSPACE = ".devcontainer/compose.yaml"
each_combination = pytest.mark.parametrize("combination", EACH_COMBINATION)
each_covering = pytest.mark.parametrize("combination", EACH_COVERING)
each_extreme = pytest.mark.parametrize("combination", EACH_EXTREME)


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


@each_combination
def test_an_answer_leaves_its_traces_where_it_is_given(
    combination: Combination, services: Services
) -> None:
    """Nowhere else is the point; that it does so there shows that we look for the right words."""
    files = own_files(services.rendered(combination.answers))
    del files[ANSWERS_FILE]
    found = {
        trace: [name for name, text in files.items() if has_trace(trace, f"{name}\n{text}")]
        for trace in TRACES
    }

    assert {trace for trace in TRACES if found[trace]} == given(combination), found


def given(combination: Combination) -> set[tuple[str, object]]:
    return {trace for trace in TRACES if combination.answers[trace[0]] == trace[1]}


@cache
def has_trace(trace: tuple[str, object], text: str) -> bool:
    return re.search(TRACES[trace], text, re.IGNORECASE | re.MULTILINE) is not None


def test_images_and_containers_are_well_described(services: Services) -> None:
    for service in with_different(services, "**/*ompose*.yaml"):
        validate(service, "compose-spec", ["compose.yaml", "compose.override.yaml", WORKSPACE])
    for service in with_different(services, "Dockerfile"):
        run(service, str(TOOLS / "hadolint"), "--no-color", "Dockerfile")


def test_workflows_are_valid_and_safe(services: Services) -> None:
    for service in with_different(services, ".github/workflows/*"):
        workflows = [str(path) for path in sorted(service.glob(".github/workflows/*"))]
        validate(service, "github-workflows", workflows)
        run(service, str(TOOLS / "zizmor"), "--offline", "--no-progress", *workflows)


def with_different(services: Services, pattern: str) -> list[Path]:
    """Return one service for each way in which answers make these files."""
    found = {}
    for combination in COMBINATIONS:
        service = services.rendered(combination.answers)
        texts = [path.read_text(encoding="utf-8") for path in sorted(service.glob(pattern))]
        assert texts
        found[tuple(texts)] = service
    return list(found.values())


def validate(service: Path, schema: str, files: list[str]) -> None:
    command = ["--builtin-schema", f"vendor.{schema}", *files]
    run(service, str(TOOLS / "check-jsonschema"), *command)


@each_extreme
def test_one_token_library_is_locked_without_unused_packages(
    combination: Combination, services: Services
) -> None:
    lock = (services.installed(combination.answers) / "uv.lock").read_text()
    locked = set(re.findall(r'^name = "(.+)"$', lock, re.MULTILINE))

    assert "cryptography" in locked
    assert locked & set(OPTIONS["jwt_library"]) == {combination.jwt_library}
    assert locked & {"ecdsa", "rsa", "pyasn1"} == set()


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was checked. The tests run on one worker, whose mypy knows the libraries by then."""
    return tmp_path_factory.mktemp("checked")


@each_combination
def test_its_static_checks_pass(
    combination: Combination, services: Services, checked: Path
) -> None:
    """All but its tests, once for each way in which answers make its code."""
    files = own_files(services.rendered(combination.answers))
    code = {name: text for name, text in files.items() if name.endswith((".py", ".toml"))}
    once(checked / digest(code), lambda _: check_without_tests(combination, services))


def check_without_tests(combination: Combination, services: Services) -> None:
    said = services.check(services.equipped(combination.answers), "--version")

    for sentence in [*STATIC_CHECKS, "^pytest 9"]:
        assert re.search(sentence, said, re.MULTILINE), said


@each_extreme
def test_its_own_checks_pass(combination: Combination, services: Services) -> None:
    """On SQLite: format, lint, types, layers, and its suite with the team's coverage."""
    said = services.check(services.installed(combination.answers))

    for sentence in [*STATIC_CHECKS, COVERAGE]:
        assert re.search(sentence, said), said
    assert results(said).passed > FEWEST_TESTS


@pytest.mark.parametrize(
    "combination", [each for each in EACH_COVERING if each not in EACH_EXTREME]
)
def test_its_suite_passes_on_real_servers(
    combination: Combination, services: Services, postgres: Postgres, redis: Redis
) -> None:
    """Of the extremes test_workflows.py does it, as their CI does."""
    service = services.equipped(combination.answers)
    servers = {"TEST_DATABASE_URL": postgres.create_database()}
    servers |= {"TEST_REDIS_URL": redis.url(0)} if combination.use_redis else {}
    ran = results(run(service, ".venv/bin/pytest", UNMEASURED, **servers))

    assert ran.passed > FEWEST_TESTS
    assert ran.skipped == 0
