"""Suites that run in a service by its own Python: its own, and those of this repository."""

import atexit
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.rendering import ROOT, UV, clean_environment, run

ATTACKS = ROOT / "tests" / "attacks" / "inside"
SERVICE_TESTS = ROOT / "tests" / "service"
# Fewer would mean that pytest found only a part of a suite.
FEWEST_TESTS, FEWEST_SERVICE_TESTS = 25, 1000
# pytest is twice as fast without coverage, which is the same whatever the service is called.
UNMEASURED = "--no-cov"
COVERED = r"Required test coverage of 92(\.0)?% reached"
REQUIREMENTS = ROOT / "requirements" / "service-tests.txt"


@dataclass(frozen=True)
class Results:
    """How many tests of a suite ran, and how many did not."""

    passed: int
    skipped: int


def results(said: str) -> Results:
    """Read the last line of a pytest that succeeded."""
    summary = re.search(
        r"^=+ (\d+) passed(?:, (\d+) skipped)?(?:, \d+ deselected)? in .* =+$", said, re.MULTILINE
    )
    assert summary, said
    return Results(passed=int(summary[1]), skipped=int(summary[2] or 0))


def service_suite(
    service: Path, *options: str, tests: Iterable[str] = ("",), **environment: str
) -> Results:
    """Run the platform's own tests, tests/service, or those of them that are named.

    TEST_DATABASE_URL and TEST_REDIS_URL give them other servers than SQLite and none.
    """
    command = [*outside(SERVICE_TESTS, tests), *options]
    return results(run(service, *command, **surroundings(), **environment))


def measured_service_suite(
    service: Path, version: str, folder: Path, **environment: str
) -> Results:
    """Run all of them, and see that they cover app/: with Python 3.11 that takes thrice as long.

    Raises:
        AssertionError: a test fails, or the coverage is too low.
    """
    options = ["--cov", "--cov-config", str(SERVICE_TESTS / "coverage.ini")]
    command = [*outside(SERVICE_TESTS), *options]
    if version != "3.11":
        environment |= {"COVERAGE_CORE": "sysmon", "MEASURED_CONCURRENCY": "thread"}
    data = str(folder / "coverage")
    said = run(service, *command, **surroundings(), COVERAGE_FILE=data, **environment)
    assert re.search(COVERED, said), said
    return results(said)


def attack(service: Path, name: str, *options: str, **environment: str) -> Results:
    """Run a file or folder of tests/attacks/inside."""
    command = [*outside(ATTACKS, [name]), *options]
    return results(run(service, *command, **surroundings(), **environment))


def fails(service: Path, test: str, **environment: str) -> bool:
    """Tell whether a test of tests/service, or one of the service's own tests/platform, fails.

    Raises:
        AssertionError: there is no such test.
    """
    own = [".venv/bin/pytest", test]
    command = own if test.startswith("tests/platform/") else outside(SERVICE_TESTS, [test])
    done = subprocess.run(
        [*command, UNMEASURED, "--exitfirst"],
        cwd=service,
        env=clean_environment() | surroundings() | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.returncode == 1


@cache
def surroundings(requirements: Path = REQUIREMENTS) -> dict[str, str]:
    """Make the environment for tests of this repository; what else they need is installed once."""
    packages = TemporaryDirectory()
    atexit.register(packages.cleanup)
    command = [str(UV), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    run(ROOT, *command, "--target", packages.name, "--requirements", str(requirements))
    paths = [str(ROOT / "tests"), str(ATTACKS), packages.name]
    return {"PYTHONPATH": os.pathsep.join(paths)}


def outside(folder: Path, tests: Iterable[str] = ("",)) -> list[str]:
    """Make the command for tests of a folder of this repository; it writes nothing in a service."""
    # The fixtures of this suite are not for them.
    options = ["-c", "pyproject.toml", "--rootdir", ".", "--confcutdir", str(folder)]
    paths = [str(folder / test) for test in tests]
    return [".venv/bin/python", "-m", "pytest", *options, "-p", "no:cacheprovider", *paths]
