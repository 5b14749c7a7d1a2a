"""Each service declares the packages that it imports: tests run many in an environment of all."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.clean import own_files
from tests.support.rendering import Combination, run
from tests.support.services import EACH_COMBINATION, EVERYTHING, Services, project_settings

LIST_PACKAGES = """
import importlib.metadata as metadata, json
requires = {each.name: each.requires or [] for each in metadata.distributions()}
print(json.dumps([requires, metadata.packages_distributions()]))
"""
OWN = {"app", "scripts", "tests"}


class Environment:
    """The packages of an environment: what each brings, and which ones a module is in."""

    def __init__(self, listed: Any) -> None:
        requires, modules = listed
        self._requires = {canonicalize_name(name): needed for name, needed in requires.items()}
        self.packages = {
            module: set(map(canonicalize_name, packages)) for module, packages in modules.items()
        }

    def brought_by(self, requirements: list[str]) -> set[str]:
        """Return the packages that come with these, themselves included."""
        todo = [*map(Requirement, requirements)]
        found = {(canonicalize_name(each.name), frozenset(each.extras)) for each in todo}
        while todo:
            for needed in self._needed_by(todo.pop()):
                key = canonicalize_name(needed.name), frozenset(needed.extras)
                todo += [needed] * (key not in found)
                found.add(key)
        return {name for name, _ in found}

    def _needed_by(self, asked: Requirement) -> Iterator[Requirement]:
        for needed in map(Requirement, self._requires.get(canonicalize_name(asked.name), [])):
            marker = needed.marker
            if not marker or any(marker.evaluate({"extra": name}) for name in {"", *asked.extras}):
                yield needed


@pytest.fixture(scope="module")
def environment(services: Services) -> Environment:
    service = services.equipped(EVERYTHING.answers)
    return Environment(json.loads(run(service, ".venv/bin/python", "-c", LIST_PACKAGES)))


@pytest.mark.parametrize("combination", EACH_COMBINATION)
def test_what_is_imported_is_asked_for(
    combination: Combination, services: Services, environment: Environment
) -> None:
    service = services.rendered(combination.answers)
    settings = project_settings(service)
    asked = settings["project"]["dependencies"]
    brought = {
        False: environment.brought_by(asked),
        True: environment.brought_by([*asked, *settings["dependency-groups"]["dev"]]),
    }
    missing = [
        f"{name} imports {module}"
        for name, text in own_files(service).items()
        for module in imported(name, text) & environment.packages.keys()
        if not environment.packages[module] & brought[name.startswith("tests/")]
    ]

    assert missing == []


def test_what_nothing_brings_is_found(environment: Environment) -> None:
    brought = environment.brought_by(["fastapi>=0.1", "pydantic[email]"])

    assert {"starlette", "email-validator", "pydantic-core"} <= brought
    assert not {"sqlalchemy", "sentry-sdk", "httpx2"} & brought
    assert imported("app/x.py", "import a.b\ndef f():\n    from c.d import e") == {"a", "c"}


@cache
def imported(name: str, text: str) -> set[str]:
    if not name.endswith(".py"):
        return set()
    return {module.partition(".")[0] for module in modules(ast.parse(text))} - OWN


def modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
