"""The Pythons that a service supports, and where this machine has them."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

SUPPORTED = ["3.11", "3.12", "3.13"]
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@cache
def found_pythons() -> dict[str, str]:
    """Return the interpreter of each supported version that there is, the running one included."""
    found = {version: _find(version) for version in SUPPORTED if version != RUNNING}
    return {RUNNING: sys.executable} | {version: path for version, path in found.items() if path}


def other_pythons() -> list[str]:
    return [version for version in found_pythons() if version != RUNNING]


def farthest_pythons() -> list[str]:
    """Return the one version that differs most from the running one, if there is another.

    Long suites run on these two: what works on both ends is taken to work between. CI runs them on
    each version.
    """
    running = SUPPORTED.index(RUNNING)
    distances = {each: abs(SUPPORTED.index(each) - running) for each in other_pythons()}
    return [max(distances, key=lambda each: distances[each])] if distances else []


def newest_python() -> str:
    """Return the version that measures coverage: from 3.12 on, the interpreter helps with it."""
    return max(found_pythons(), key=SUPPORTED.index)


def missing_pythons() -> list[str]:
    return [version for version in SUPPORTED if version not in found_pythons()]


def _find(version: str) -> str | None:
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    on_path = shutil.which(f"python{version}")
    candidates = [on_path] if on_path else []
    candidates += [str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python"))]
    return next((real for path in candidates if (real := _real(path, version))), None)


def _real(path: str, version: str) -> str | None:
    """Return the interpreter behind a path: pyenv's shims also stand there for what is not on."""
    script = "import sys, venv; print('%d.%d' % sys.version_info[:2], sys.executable)"
    done = subprocess.run([path, "-c", script], capture_output=True, text=True, check=False)
    said, _, executable = done.stdout.strip().partition(" ")
    return executable if done.returncode == 0 and said == version else None
