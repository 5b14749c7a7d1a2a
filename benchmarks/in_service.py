"""Measure single parts of a service with pytest-benchmark: `make micro`."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.machine import apart, pinned
from benchmarks.rendering import DEFAULT, make_service
from tests.support.rendering import ROOT, clean_environment
from tests.support.suites import outside, surroundings

MICRO = ROOT / "benchmarks" / "micro"
REQUIREMENTS = ROOT / "requirements" / "benchmarks.txt"
COLUMNS = "--benchmark-columns=median,iqr,ops,rounds"


def command() -> list[str]:
    """Make the command that runs them in the current folder, a service."""
    return [*outside(MICRO), "--no-cov", "--quiet"]


def environment() -> dict[str, str]:
    return clean_environment() | surroundings(REQUIREMENTS)


def main() -> int:
    with TemporaryDirectory(prefix="groundwork-bench-") as folder, apart() as core:
        service = make_service(Path(folder) / "service", DEFAULT)
        return subprocess.run(
            pinned([*command(), COLUMNS, "--benchmark-sort=name"], core),
            cwd=service,
            env=environment(),
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
