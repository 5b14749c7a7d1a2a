"""Services that tests share: each one is rendered, and installed, once per worker."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest

from tests.support.rendering import COMBINATIONS, Combination, install, render, run

EVERYTHING = Combination(use_alembic=True, use_redis=True)
NOTHING = Combination(use_alembic=False, use_redis=False)
# What suites run on: whichever two answers to two options one picks, they are together in one.
COVERING = [
    EVERYTHING,
    NOTHING,
    Combination(use_alembic=True, use_redis=False, jwt_library="pyjwt"),
    Combination(use_alembic=False, use_redis=True, jwt_library="pyjwt"),
]


def grouped(combinations: list[Combination]) -> list[Any]:
    """Make parameters: all tests of one combination run on one worker, to install it once."""
    return [
        pytest.param(each, id=str(each), marks=pytest.mark.xdist_group(str(each)))
        for each in combinations
    ]


EACH_COMBINATION = grouped(COMBINATIONS)
EACH_COVERING = grouped(COVERING)


class Services:
    """Renders and installs on demand; the same answers give the same folder."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Path] = {}
        # Without its history the template is read in place: Copier clones no repository.
        self.template = folder / "template"
        copytree(template, self.template, ignore=ignore_patterns(".git"))

    def rendered(self, answers: Mapping[str, Any]) -> Path:
        """Return a service as Copier made it. Nothing may be run in it, or be changed."""
        key = json.dumps(dict(answers), sort_keys=True)
        if key not in self._made:
            place = self._folder / f"rendered-{len(self._made)}"
            self._made[key] = render(self.template, place, answers)
        return self._made[key]

    def installed(self, answers: Mapping[str, Any], python: str = sys.executable) -> Path:
        """Return a service after `make setup`, to run its tools and itself in."""
        key = json.dumps([dict(answers), python], sort_keys=True)
        if key not in self._made:
            place = self._folder / f"installed-{len(self._made)}"
            self._made[key] = install(Path(copytree(self.rendered(answers), place)), python)
        return self._made[key]

    def copied(self, answers: Mapping[str, Any], place: Path) -> Path:
        """Return a service to change, which runs in the environment of the one that tests share."""
        installed = self.installed(answers)
        copytree(installed, place, ignore=ignore_patterns(".venv"))
        (place / ".venv").symlink_to(installed / ".venv")
        return place

    def check(self, service: Path, *arguments: str) -> str:
        """Run all that the service asks of itself, and return what it says."""
        # Most of what mypy reads are libraries, the same ones for every service.
        cache = str(self._folder / "mypy")
        return run(service, "scripts/run_checks.sh", *arguments, MYPY_CACHE_DIR=cache)
