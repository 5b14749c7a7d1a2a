"""Releases of the template that never were, made from the working tree, and the way between."""

import json
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree
from typing import Any

import copier
import pytest
from copier import VcsRef

from tests.support.insertions import insert
from tests.support.rendering import NEWEST, Combination, commit, git, render
from tests.support.services import COVERING
from tests.support.template_files import VENDORED

# The working tree with more lines in every file: updates take them away, and bring them.
OLDER, NEWER = "v998.0.0", "v1000.0.0"
LINES = {OLDER: "A line of the older release", NEWER: "A line of the newer release"}
# Seams and examples, as architecture.md has them. Said again on purpose: a platform file that
# strays onto the lists of copier.yml gets no update any more, and nobody would notice.
KEPT = {
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
    "project.mk",
    "tests/api/test_items.py",
    "tests/conftest.py",
    "tests/samples.py",
}
# The team's, too, but merged, so that another answer takes effect.
MERGED = {".github/CODEOWNERS", "LICENSE"}
# What the documentation tells teams to pass: more context, and no hunk lands in a look-alike.
CONTEXT_LINES = 20

# The newer release brings one more, and the model to it. It changes rows, so that one can see that
# it has run, and a table that a team may have changed as well, which SQLite makes anew for it.
PLATFORM_MIGRATIONS = "app/db/migrations/platform"
MIGRATION = '''"""Every tenant is renamed, and users have a locale.

Revision: platform_newer, after {head}
"""

import sqlalchemy as sa
from alembic import op

revision = "platform_newer"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE tenants SET name = name || ' the newer'")
    locale = sa.Column("locale", sa.String(16), nullable=False, server_default="en")
    with op.batch_alter_table("users") as users:
        users.add_column(locale)
        users.alter_column("name", existing_type=sa.String(100), type_=sa.String(120))


def downgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.alter_column("name", existing_type=sa.String(120), type_=sa.String(100))
        users.drop_column("locale")
    op.execute("UPDATE tenants SET name = replace(name, ' the newer', '')")
'''
USER_MODEL = "app/db/models/user.py"
NAME = '    name: Mapped[str] = mapped_column(String(100), default="")\n'
NEWER_NAME = """    name: Mapped[str] = mapped_column(String(120), default="")
    locale: Mapped[str] = mapped_column(String(16), server_default="en")
"""

# And it reads fields of seams that no older service fills: lines for the ends of these files.
NEWER_ENDS = {
    "app/auth/permissions.py": "\n\nnewer = list(permissions.newer)\n",
    "app/core/permissions.py": "    newer: Collection[str] = ()\n",
    "app/extension_points.py": "    newer: Sequence[str] = ()\n",
    "app/main.py": "\n\nnewer = list(own_extensions.newer)\n",
}

# By path: the mode and the bytes of each file, and empty folders.
Tree = dict[str, tuple[int, bytes]]


def update_group(combination: Combination) -> pytest.MarkDecorator:
    """All updates of one combination run on one worker, so that renders are shared."""
    return pytest.mark.xdist_group(f"update {combination}")


EACH_COVERING = [
    pytest.param(combination, id=str(combination), marks=update_group(combination))
    for combination in COVERING
]


class Releases:
    """The repository of all releases, and services fresh from it."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Path] = {}
        self.template = make_releases(template, folder / "template")

    def fresh(self, answers: Mapping[str, Any], version: str) -> Path:
        """Return a service as Copier made it. Nothing may be run in it, or be changed."""
        key = json.dumps([dict(answers), version], sort_keys=True)
        if key not in self._made:
            place = self._folder / f"fresh-{len(self._made)}"
            self._made[key] = render(self.template, place, answers, version)
        return self._made[key]

    def born(self, answers: Mapping[str, Any], version: str, place: Path) -> Path:
        """Make a service that its team has committed, and no more."""
        copytree(self.fresh(answers, version), place)
        git(place, "init", "--quiet", "--initial-branch", "main")
        commit(place, "Birth")
        return place

    def expected(self, born: Path, answers: Mapping[str, Any], version: str) -> Tree:
        """Return what an update of this service, as it was born, has to give."""
        platform = {
            path: found
            for path, found in tree(self.fresh(answers, version)).items()
            if path not in KEPT
        }
        return platform | {path: found for path, found in tree(born).items() if path in KEPT}


def make_releases(template: Path, folder: Path) -> Path:
    """Copy the repository that has the newest release, and add the older and the newer one."""
    copytree(template, folder)
    for version, line in LINES.items():
        git(folder, "checkout", "--quiet", "--detach", NEWEST)
        for name in git(folder / "template", "ls-files", "-z").split("\0"):
            path = folder / "template" / name
            if name and is_changeable(name, path):
                text = insert(name, path.read_text(encoding="utf-8"), line)
                path.write_text(text, encoding="utf-8")
        if version == NEWER:
            add_migration(folder / "template" / PLATFORM_MIGRATIONS)
            replace(folder / "template" / USER_MODEL, NAME, NEWER_NAME)
            for name, lines in NEWER_ENDS.items():
                with (folder / "template" / name).open("a", encoding="utf-8") as module:
                    module.write(lines)
        commit(folder, version)
        git(folder, "tag", version)
    # Every update clones it, and deletes the clone: one file is sooner gone than hundreds.
    git(folder, "gc", "--quiet")
    return folder


def is_changeable(name: str, path: Path) -> bool:
    """Whether a file is the project's own, and has a line that another could stand beside."""
    return not name.startswith(VENDORED) and path.stat().st_size > 0


def add_migration(folder: Path) -> None:
    """Let a release bring a revision after the one that the platform's branch ends with."""
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py")]
    revisions = {found for text in texts for found in re.findall(r'^revision = "(.+)"', text, re.M)}
    followed = {found for text in texts for found in re.findall(r'^down_.+ = "(.+)"', text, re.M)}
    [head] = revisions - followed
    (folder / "2026_11_25_platform_newer.py").write_text(MIGRATION.format(head=head))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


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
