"""What a release adds from 1.0.0 on has a name that the service's architecture.md reserves."""

import re
from pathlib import Path

from tests.support.newer_release import NEWER_PICTURE, NEWER_SEAM, NEWER_TEXT
from tests.support.releases import NEWER, Releases
from tests.support.rendering import NEWEST, ROOT, git
from tests.support.template_files import SUFFIX

# The first release that promises it.
FIRST = (1, 0, 0)
FOLDERS = (
    r"app/cache|app/core/\w+|app/static/swagger-ui|app/db/migrations/platform|deploy/monitoring/rules"
    r"|tests/platform"
)
RESERVED = {
    "file": re.compile(rf"(?:{FOLDERS})/.+|(?:.*/)?platform[_-][^/]+"),
    "table": re.compile(r"platform_.+"),
    "permission": re.compile(r"platform:.+"),
    "variable": re.compile(r"(?:PLATFORM|OTEL|SENTRY)_.+"),
    "target": re.compile(r"platform-.+"),
}
# Where a name stands, by kind.
PLACES = {
    "table": ("app/db/models", r'__tablename__ = "(.+)"'),
    "permission": ("app/core/principal.py", r'^[A-Z_]+ = "(\w+:\w+)"'),
    "variable": (".env.example.jinja", r"^([A-Z_]+)="),
    "target": ("Makefile.jinja", r"^([\w-]+):.*## "),
}
Names = set[tuple[str, str]]


def test_names_that_a_team_may_have_are_found(releases: Releases) -> None:
    folder = releases.template
    taken = unreserved(names(folder, NEWEST), names(folder, NEWER))

    files = [("file", name) for name in sorted([NEWER_PICTURE, NEWER_SEAM, NEWER_TEXT])]
    assert taken == [*files, ("variable", "NEWER")]
    newest = names(folder, NEWEST)
    assert {kind for kind, _ in newest} == RESERVED.keys()
    assert unreserved(newest, newest | {("table", "invoices"), ("variable", "ORDER_LIMIT")}) == [
        ("table", "invoices"),
        ("variable", "ORDER_LIMIT"),
    ]


def test_no_release_has_taken_a_reserved_name(releases: Releases) -> None:
    now = names(releases.template, NEWEST)
    released = [tag for tag in git(ROOT, "tag", "--list", "v*").split() if version(tag) >= FIRST]

    assert [(tag, unreserved(names(ROOT, tag), now)) for tag in released] == [
        (tag, []) for tag in released
    ]


def unreserved(before: Names, after: Names) -> list[tuple[str, str]]:
    return sorted(
        (kind, name) for kind, name in after - before if not RESERVED[kind].fullmatch(name)
    )


def names(repository: Path, version: str) -> Names:
    """Return the names of a release that a team might have used as well, with their kinds."""
    files = git(repository, "ls-tree", "-r", "--name-only", f"{version}:template").splitlines()
    found = {("file", name.removesuffix(SUFFIX)) for name in files}
    for kind, (place, pattern) in PLACES.items():
        for name in files:
            if name == place or name.startswith(f"{place}/"):
                text = git(repository, "show", f"{version}:template/{name}")
                found |= {(kind, each) for each in re.findall(pattern, text, re.MULTILINE)}
    return found


def version(tag: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", tag))
