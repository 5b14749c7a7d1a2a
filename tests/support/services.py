"""Services that tests share."""

import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations as pairwise
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest

from tests.support.rendering import COMBINATIONS, OPTIONS, UV, Combination, install, render, run
from tests.support.shared import digest, once
from tests.support.template_files import questions

# The first answer to every option, and the last. Each answer is in one of them.
EVERYTHING, NOTHING = COMBINATIONS[0], COMBINATIONS[-1]
EXTREMES = [EVERYTHING, NOTHING]
# What somebody gets who answers nothing.
DEFAULT = Combination(tuple(questions()[option]["default"] for option in OPTIONS))


def pairs(combination: Combination) -> set[tuple[tuple[str, Any], ...]]:
    return set(pairwise(combination.answers.items(), 2))


def cover(chosen: Sequence[Combination]) -> list[Combination]:
    """Add to these until whichever two answers to two options one picks are together in one."""
    missing = set().union(*map(pairs, COMBINATIONS)).difference(*map(pairs, chosen))
    if not missing:
        return list(chosen)
    best = max(COMBINATIONS, key=lambda each: len(pairs(each) & missing))
    return cover([*chosen, best])


# What suites run on. One with most answers of an extreme costs little: tests/support/reach.py.
COVERING = cover([*EXTREMES, DEFAULT])


def named(combinations: Iterable[Combination]) -> list[Any]:
    return [pytest.param(each, id=str(each)) for each in combinations]


EACH_COMBINATION = named(COMBINATIONS)
EACH_COVERING = named(COVERING)
EACH_EXTREME = named(EXTREMES)


class Services:
    """Renders and installs on demand, once for all workers; the same answers give the same folder.

    Environments take much room, and are made of links to what uv has on the disk.
    """

    def __init__(self, template: Path, folder: Path, environments: Path, own: Path) -> None:
        self._folder, self._environments, self._own = folder, environments, own
        # Without its history the template is read in place: Copier clones no repository.
        self.template = once(folder / "template", lambda place: copy_plain(template, place))

    def rendered(self, answers: Mapping[str, Any]) -> Path:
        """Return a service as Copier made it. Nothing may be run in it, or be changed."""
        place = self._folder / f"rendered-{digest(sorted(answers.items()))}"
        return once(place, lambda place: render(self.template, place, answers))

    def installed(self, answers: Mapping[str, Any], python: str = sys.executable) -> Path:
        """Return a service after `make setup`, to run its tools and itself in."""
        rendered = self.rendered(answers)
        place = self._folder / f"installed-{digest(sorted(answers.items()), python)}"
        return once(place, lambda place: self._install(rendered, place, python))

    def _install(self, rendered: Path, place: Path, python: str) -> None:
        """Give a service the environment of the first that had its dependencies."""
        settings = project_settings(rendered)
        first = once(
            self._environments / digest(python, dependencies(settings)),
            lambda first: install(Path(copytree(rendered, first)), python),
        )
        copytree(rendered, place)
        (place / ".venv").symlink_to(first / ".venv")
        lock = (first / "uv.lock").read_text(encoding="utf-8")
        name, other = (each["project"]["name"] for each in (project_settings(first), settings))
        lock = lock.replace(f'name = "{name}"', f'name = "{other}"')
        (place / "uv.lock").write_text(lock, encoding="utf-8")
        run(place, ".venv/bin/python", "scripts/make_env.py")

    def equipped(self, answers: Mapping[str, Any]) -> Path:
        """Return a service in an environment that has the packages of every answer."""
        place = self._folder / f"equipped-{digest(sorted(answers.items()))}"
        return once(place, lambda place: self._equip(self.rendered(answers), place))

    def _equip(self, rendered: Path, place: Path) -> None:
        python = once(self._environments / "every-package", self._install_every_package)
        copytree(rendered, place)
        (place / ".venv").symlink_to(python / ".venv")
        run(place, ".venv/bin/python", "scripts/make_env.py")

    def _install_every_package(self, place: Path) -> None:
        first, *others = (self.rendered(each.answers) for each in EXTREMES)
        install(Path(copytree(first, place)))
        for each in map(project_settings, others):
            tested = each["tool"]["uv"]["constraint-dependencies"]
            asked = [*each["project"]["dependencies"], *tested]
            run(place, str(UV), "pip", "install", "--quiet", "--python", ".venv", *asked)

    def copied(self, answers: Mapping[str, Any], place: Path) -> Path:
        """Return a service to change, which runs in the environment of the one that tests share."""
        return Path(copytree(self.installed(answers), place, symlinks=True))

    def check(self, service: Path, *arguments: str) -> str:
        """Run all that the service asks of itself, and return what it says."""
        return run(service, "scripts/run_checks.sh", *arguments, **self.caches)

    @property
    def caches(self) -> dict[str, str]:
        """Most of what mypy reads are libraries, the same ones for every service."""
        return {"MYPY_CACHE_DIR": f"{self._own}/mypy", "COVERAGE_FILE": f"{self._own}/coverage"}


def copy_plain(template: Path, place: Path) -> None:
    copytree(template, place, ignore=ignore_patterns(".git"))


def project_settings(service: Path) -> dict[str, Any]:
    return tomllib.loads((service / "pyproject.toml").read_text(encoding="utf-8"))


def dependencies(settings: dict[str, Any]) -> list[Any]:
    """Pick what decides what is installed."""
    project = settings["project"]
    asked = [project["requires-python"], project["dependencies"], settings["dependency-groups"]]
    return [*asked, settings["tool"]["uv"]]
