"""The template's source, read as Copier reads it."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import SandboxedEnvironment

from tests.support.rendering import ROOT, git

SUFFIX = ".jinja"
# As released by their authors: words of any kind, and double braces that are not ours.
VENDORED = ("app/data/", "app/static/")
# Copier's other context variables tell where and on what a service was made.
OF_COPIER = {"_copier_answers", "_copier_conf", "_copier_operation"}


@cache
def configuration() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def questions() -> dict[str, Any]:
    return {name: value for name, value in configuration().items() if not name.startswith("_")}


@cache
def template_files() -> dict[str, str]:
    """Return the text of each file that is the project's own, by its path under template/."""
    listed = git(ROOT / "template", "ls-files", "-z", "-co", "--exclude-standard")
    return {
        name: (ROOT / "template" / name).read_text(encoding="utf-8")
        for name in sorted(filter(None, listed.split("\0")))
        if (ROOT / "template" / name).is_file() and not name.startswith(VENDORED)
    }


def rendered_files() -> dict[str, str]:
    return {name: text for name, text in template_files().items() if name.endswith(SUFFIX)}


def strings(value: object) -> Iterator[str]:
    """Yield every string inside lists and mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)


@cache
def environment() -> SandboxedEnvironment:
    """Make Jinja as Copier sets it up, with the filters that it adds."""
    return SandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
    )


def names_in(source: str) -> set[str]:
    """Return the names that a template takes from outside.

    Raises:
        TemplateError: it cannot be parsed, or asks for a filter that there is not.
    """
    environment().compile(source)
    return find_undeclared_variables(environment().parse(source))


def active_path(entry: str, condition: str) -> str | None:
    """Return the path of an `_exclude` entry that has exactly this condition."""
    found = re.fullmatch(rf"\{{% if {condition} %\}}(/[^{{}}]+)\{{% endif %\}}", entry)
    return found[1] if found else None


def kept_files() -> list[str]:
    """Return the paths of seams and examples, which an update leaves to the team."""
    settings = configuration()
    written_once = (
        active_path(entry, "_copier_operation == 'update'") for entry in settings["_exclude"]
    )
    return [*filter(None, written_once), *settings["_skip_if_exists"]]
