"""What the files of the revisions say of each other, read without Alembic.

A server needs no more than that, and Alembic takes 10 MiB and a fifth of the time to start.
"""

import ast
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Revision(NamedTuple):
    revision: str
    # What comes before it: in its branch, and in the other one.
    down_revision: set[str]
    depends_on: set[str]


class RevisionGraph:
    def __init__(self, revisions: Sequence[Revision]) -> None:
        self._before = {each.revision: each.down_revision | each.depends_on for each in revisions}
        followed = {name for each in revisions for name in each.down_revision}
        self._heads = self._before.keys() - followed
        if unknown := set().union(*self._before.values()) - self._before.keys():
            raise ValueError(f"revisions name each other by their whole ids, not {sorted(unknown)}")

    def missing(self, rows: set[str]) -> set[str]:
        """Returns the code's newest revisions that a database with these rows lacks.

        A row is the newest applied revision of its branch; one that another row's revision depends on
        has none. A row that the code does not know is of a newer release, which may well have brought
        what else seems to be missing. But what comes after a row that the code does know is missing:
        if it were applied, that row would be gone.
        """
        known = rows & self._before.keys()
        missing = self._heads - self._with_ancestors(known)
        if known != rows:
            return {head for head in missing if known & self._with_ancestors({head})}
        return missing

    def _with_ancestors(self, names: set[str]) -> set[str]:
        found: set[str] = set()
        while names:
            found |= names
            names = set().union(*(self._before[name] for name in names)) - found
        return found


def read_revisions(*folders: Path) -> list[Revision]:
    """Raises ValueError if a file of revisions does not say in plain words which one it is."""
    paths = [path for folder in folders for path in sorted(folder.glob("[!_.]*.py"))]
    return [_read(path) for path in paths]


def _read(path: Path) -> Revision:
    values: dict[str, Any] = {"depends_on": None}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id in Revision._fields:
            values[target.id] = _literal(path, node)
    try:
        return Revision(
            values["revision"], _names(values["down_revision"]), _names(values["depends_on"])
        )
    except KeyError as exc:
        raise ValueError(f"{path.name} has no {exc}") from None


def _literal(path: Path, node: Any) -> Any:
    try:
        return ast.literal_eval(node.value)
    except ValueError:
        raise ValueError(f"{path.name}: write {ast.unparse(node)!r} as literals") from None


def _names(value: str | Iterable[str] | None) -> set[str]:
    return {value} if isinstance(value, str) else set(value or ())
