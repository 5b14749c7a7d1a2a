"""Runs these tests against the service in the current folder, for its `make test-platform`.

What they need besides comes from an environment of its own, on top of the service's.
"""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
REQUIREMENTS = TESTS.parents[1] / "requirements" / "service-tests.txt"
PYTEST = [
    *("python", "-m", "pytest", "-c", "pyproject.toml", "--rootdir", "."),
    # The service's own fixtures are not for them, and nothing is left behind in it.
    *("--confcutdir", str(TESTS), "-p", "no:cacheprovider", "--no-cov"),
]


def main(uv: str, *arguments: str) -> None:
    # By its lock, uv gives the service's own libraries the versions that they have.
    in_both = [uv, "run", "--no-sync", "--with-requirements", str(REQUIREMENTS)]
    if subprocess.run([*in_both, "python", "-c", ""], check=False, capture_output=True).returncode:
        sys.exit(
            "The packages that the platform's tests need cannot be installed: look after the"
            " network, and run `make setup` first."
        )
    environment = {"PYTHONPATH": str(TESTS.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [*in_both, *PYTEST, str(TESTS), *arguments]
    sys.exit(subprocess.run(command, check=False, env=os.environ | environment).returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
