"""Releases of the template that never were, made from the working tree, and the way between."""

import stat
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from shutil import copytree
from typing import Any

import copier
from copier import VcsRef

from tests.support import careless_release, newer_release
from tests.support.insertions import insert
from tests.support.rendering import NEWEST, commit, git, render
from tests.support.shared import digest, once
from tests.support.template_files import VENDORED

# The working tree with more lines in every file: updates take them away, and bring them.
OLDER, NEWER = "v998.0.0", "v1000.0.0"
LINES = {OLDER: "A line of the older release", NEWER: "A line of the newer release"}
# The newest one with changes that come close to what teams do.
CARELESS = "v1001.0.0"
# Seams that come with an option, whenever that is turned on.
BROUGHT = {
    "deploy/kubernetes/monitoring/alerts.yaml",
    "deploy/kubernetes/overlays/production/kustomization.yaml",
    "deploy/kubernetes/overlays/staging/kustomization.yaml",
}
# Seams and examples, as architecture.md has them. Said again on purpose: a platform file that
# strays onto the lists of copier.yml gets no update any more, and nobody would notice.
KEPT = BROUGHT | {
    ".devcontainer/devcontainer.json",
    ".github/actions/own-checks/action.yml",
    ".github/dependabot.yml",
    "CHANGELOG.md",
    "README.md",
    "app/api/v1/__init__.py",
    "app/api/v1/items.py",
    "app/core/config.py",
    "app/crud/items.py",
    "app/db/migrations/service/2026_11_24_items.py",
    "app/db/models/__init__.py",
    "app/db/models/item.py",
    "app/db/models/mixins.py",
    "app/extensions.py",
    "app/permissions.py",
    "app/schemas/item.py",
    "app/services/items.py",
    "app/services/seeding/items.py",
    "compose.override.yaml",
    "deploy/monitoring/alerts/objectives.yml",
    "project.mk",
    "renovate.json",
    "tests/api/test_items.py",
    "tests/conftest.py",
    "tests/samples.py",
}
# The team's, too, but merged, so that another answer takes effect.
MERGED = {".github/CODEOWNERS", "LICENSE"}
# What the documentation tells teams to pass: more context, and no hunk lands in a look-alike.
CONTEXT_LINES = 20

# By path: the mode and the bytes of each file, and empty folders.
Tree = dict[str, tuple[int, bytes]]


class Releases:
    """The repository of all releases, and services fresh from it, made once for all workers."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._folder = folder
        self.template = once(folder / "template", lambda place: make_releases(template, place))

    def fresh(self, answers: Mapping[str, Any], version: str) -> Path:
        """Return a service as Copier made it. Nothing may be run in it, or be changed."""
        place = self._folder / f"fresh-{digest(sorted(answers.items()), version)}"
        return once(place, lambda place: render(self.template, place, answers, version))

    def born(self, answers: Mapping[str, Any], version: str, place: Path) -> Path:
        """Make a service that its team has committed, and no more."""
        copytree(self.fresh(answers, version), place)
        git(place, "init", "--quiet", "--initial-branch", "main")
        commit(place, "Birth")
        return place

    def expected(self, born: Path, answers: Mapping[str, Any], version: str) -> Tree:
        """Return what an update of this service, as it was born, has to give."""
        given = {
            path: found
            for path, found in tree(self.fresh(answers, version)).items()
            if path not in KEPT - BROUGHT
        }
        return given | {path: found for path, found in tree(born).items() if path in KEPT}


def make_releases(template: Path, folder: Path) -> Path:
    """Copy the repository that has the newest release, and add the others."""
    copytree(template, folder)
    for version, changes in CHANGES.items():
        git(folder, "checkout", "--quiet", "--detach", NEWEST)
        for change in changes:
            change(folder)
        commit(folder, version)
        git(folder, "tag", version)
    # Every update clones it, and deletes the clone: one file is sooner gone than hundreds.
    git(folder, "gc", "--quiet")
    return folder


def add_lines(line: str, folder: Path) -> None:
    """Add a comment to every file, at places that are all over it."""
    for name in git(folder / "template", "ls-files", "-z").split("\0"):
        path = folder / "template" / name
        if name and is_changeable(name, path):
            text = insert(name, path.read_text(encoding="utf-8"), line)
            path.write_text(text, encoding="utf-8")


# How each release differs from the newest one.
CHANGES: dict[str, list[Callable[[Path], None]]] = {
    OLDER: [partial(add_lines, LINES[OLDER])],
    NEWER: [partial(add_lines, LINES[NEWER]), newer_release.change],
    CARELESS: [careless_release.change],
}


def is_changeable(name: str, path: Path) -> bool:
    """Whether a file is the project's own, and has a line that another could stand beside."""
    return not name.startswith(VENDORED) and path.stat().st_size > 0


def update(
    service: Path, version: str | VcsRef, context_lines: int = CONTEXT_LINES, **data: Any
) -> None:
    """Run `copier update --defaults` with new answers to some questions."""
    copier.run_update(
        service,
        data=data,
        defaults=True,
        overwrite=True,
        quiet=True,
        vcs_ref=version,
        context_lines=context_lines,
    )


def conflicts(service: Path) -> list[str]:
    """Name what an update could not merge."""
    names = own_names(service)
    marked = [name for name in names if b"\n<<<<<<< " in b"\n" + (service / name).read_bytes()]
    rejected = [name for name in names if name.endswith((".rej", ".orig"))]
    unmerged = git(service, "diff", "--diff-filter=U", "--name-only").splitlines()
    return sorted({*marked, *rejected, *unmerged})


def own_names(service: Path) -> set[str]:
    """Name the files of a service that git knows, or would."""
    listed = git(service, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return {name for name in listed.split("\0") if (service / name).is_file()}


def tree(folder: Path) -> Tree:
    """Read a folder, that of git aside."""
    found: Tree = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(".git/"):
            continue
        if path.is_file():
            found[name] = (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
        elif not any(path.iterdir()):
            found[f"{name}/"] = (0, b"")
    return found


def differences(left: Tree, right: Tree) -> list[str]:
    """Name what is not the same on both sides."""
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))
