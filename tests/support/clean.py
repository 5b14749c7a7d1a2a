"""What is wrong with the text of a rendered service."""

import configparser
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.template_files import VENDORED
from tools.check_text import problems

LEFT_OVER = re.compile(r"\{\{|\{%")
# What names and descriptions of tests hold on purpose.
INTENDED = re.compile(r"\{\{ x \}\}|\{% raw %\}")
# A workflow's own expressions.
EXPRESSION = re.compile(r"\$\{\{.*?\}\}")


def parse_ini(text: str) -> None:
    configparser.RawConfigParser().read_string(text)


def parse_python(text: str) -> None:
    compile(text, "rendered", "exec", dont_inherit=True)


def parse_yaml(text: str) -> None:
    list(yaml.safe_load_all(text))


PARSERS: dict[str, Callable[[str], Any]] = {
    ".ini": parse_ini,
    ".json": json.loads,
    ".py": parse_python,
    ".toml": tomllib.loads,
    ".yaml": parse_yaml,
    ".yml": parse_yaml,
}


def own_files(service: Path) -> dict[str, str]:
    """Return the text of each file that is not vendored, by its path."""
    paths = {
        path.relative_to(service).as_posix(): path for path in service.rglob("*") if path.is_file()
    }
    return {
        name: path.read_text(encoding="utf-8")
        for name, path in sorted(paths.items())
        if not name.startswith(VENDORED)
    }


def flaws(service: Path) -> list[str]:
    """Name every file that a careful person would not have written so."""
    return [
        f"{name}: {flaw}"
        for name, text in own_files(service).items()
        for flaw in _flaws_of_text(name, text)
    ]


@cache
def _flaws_of_text(name: str, text: str) -> list[str]:
    """Services have most files in common."""
    return list(_flaws(name, text))


def _flaws(name: str, text: str) -> Iterator[str]:
    if re.search(r"[^A-Za-z0-9_./-]", name):
        yield "a name that not every tool takes"
    expressions = EXPRESSION if name.startswith(".github/workflows/") else INTENDED
    if LEFT_OVER.search(expressions.sub("", INTENDED.sub("", text))):
        yield "a tag of the template"
    for line, problem in problems(text):
        yield f"line {line}: {problem}"
    try:
        PARSERS.get(Path(name).suffix, str)(text)
    except (ValueError, SyntaxError, configparser.Error, yaml.YAMLError) as error:
        yield str(error)


def executables(service: Path) -> set[str]:
    return {name for name in own_files(service) if os.access(service / name, os.X_OK)}


def scripts(service: Path) -> set[str]:
    return {name for name, text in own_files(service).items() if text.startswith("#!")}
