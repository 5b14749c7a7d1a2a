"""The recipes of the service's docs/how-to.md, and how a team follows them."""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.insertions import is_docstring
from tests.support.rendering import ROOT, UV, run

HOW_TO = ROOT / "template" / "docs" / "how-to.md"
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
FENCE = re.compile(
    r"^(?:`(?P<path>\S+)`\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
# Of compose.override.yaml, as it is at birth.
NO_CONTAINERS = "services: {}\n"
# Where a text begins to be replaced, where that ends, and by what.
Edit = tuple[int, int, str]


@dataclass(frozen=True)
class Block:
    """Lines of one file or, without a path, commands."""

    path: str | None
    kind: str
    text: str


@dataclass(frozen=True)
class Recipe:
    name: str
    blocks: list[Block]

    def follow(self, service: Path) -> None:
        for block in self.blocks:
            if block.path is None:
                path = f"{UV.parent}{os.pathsep}{os.environ['PATH']}"
                run(service, "bash", "-euc", block.text, PATH=path)
            else:
                write(service / block.path, block.text)


def read_recipes(text: str | None = None) -> list[Recipe]:
    parts = HEADING.split(HOW_TO.read_text(encoding="utf-8") if text is None else text)
    return [
        Recipe(name, [Block(**found.groupdict()) for found in FENCE.finditer(body)])
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    ]


def follow(name: str, service: Path) -> None:
    [recipe] = [each for each in read_recipes() if each.name == name]
    recipe.follow(service)
    run(service, "make", "format")


def follow_all(service: Path) -> None:
    """Follow every recipe, in the order of the document."""
    for recipe in read_recipes():
        recipe.follow(service)
    run(service, "make", "format")
    # As `make setup` does.
    run(service, ".venv/bin/python", "scripts/make_env.py")


def write(path: Path, text: str) -> None:
    """Write a new file, or add lines to one that is there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    before = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        after = merge(before, text)
    elif before.endswith(NO_CONTAINERS):
        after = before.replace(NO_CONTAINERS, text)
    else:
        after = f"{before}\n{text}"
    path.write_text(after, encoding="utf-8")


def merge(text: str, added: str) -> str:
    """Add statements to a module, as a reader of the document does.

    Imports go below the last one. What has the name of something that is there goes into it:
    entries into a list, a mapping or a call, statements into a class. The rest goes above that.
    """
    edits: list[Edit] = []
    tree, source = ast.parse(text), Source(text)
    there = {name: node for node in tree.body for name in names(node)}
    head = [node for node in tree.body if is_import(node) or is_docstring(node)]
    below_imports = max(node.end_lineno or 0 for node in head)
    waiting: list[ast.stmt] = []
    addition = Source(added)
    for node in ast.parse(added).body:
        found = next((there[name] for name in names(node) if name in there), None)
        if is_import(node):
            edits.append(insertion(source.start(below_imports + 1), addition.lines(node, node)))
        elif found is None:
            waiting.append(node)
        else:
            if waiting:
                above = f"{addition.lines(waiting[0], waiting[-1])}\n"
                edits.append(insertion(source.start(found.lineno), above))
            edits += grow(source, found, addition, node)
            waiting = []
    if waiting:
        edits.append(insertion(len(text), f"\n\n{addition.lines(waiting[0], waiting[-1])}"))
    for start, end, new in reversed(sorted(edits, key=lambda edit: edit[0])):
        text = text[:start] + new + text[end:]
    return text


def insertion(place: int, text: str) -> Edit:
    return place, place, text


def grow(source: "Source", there: ast.AST, addition: "Source", added: ast.AST) -> Iterator[Edit]:
    """Yield what is to be written into a node, and where."""
    if isinstance(added, ast.ClassDef) and isinstance(there, ast.ClassDef):
        last = there.body[-1]
        end = source.start((last.end_lineno or 0) + 1)
        start = source.start(last.lineno) if isinstance(last, ast.Pass) else end
        yield start, end, addition.lines(added.body[0], added.body[-1])
        return
    if isinstance(added, ast.Assign | ast.AnnAssign) and added.value:
        assert isinstance(there, ast.Assign | ast.AnnAssign)
        assert there.value
        yield from grow(source, there.value, addition, added.value)
        return
    old, new = dict(entries(there)), dict(entries(added))
    for key, value in new.items():
        if key in old and is_container(value):
            yield from grow(source, old[key], addition, value)
            continue
        assert key not in old, f"{ast.unparse(added)} is there already"
        entry = addition.segment(value)
        if is_container(value):
            entry = f"{entry[:-1].rstrip().rstrip(',')},{entry[-1]}" if entries(value) else entry
        prefix = {ast.Call: f"{key}=", ast.Dict: f"{key}: "}.get(type(added), "")
        yield insertion(source.end(there) - 1, f"{source.comma(there)}{prefix}{entry},\n")


def entries(node: ast.AST) -> list[tuple[str, ast.expr]]:
    """Return what a call, a mapping or a list has, by keyword, key or value."""
    if isinstance(node, ast.Call):
        return [(each.arg or "", each.value) for each in node.keywords]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [(ast.unparse(key), value) for key, value in pairs if key]
    assert isinstance(node, ast.List | ast.Tuple | ast.Set), ast.unparse(node)
    return [(ast.unparse(each), each) for each in node.elts]


def is_container(node: ast.expr) -> bool:
    return isinstance(node, ast.Dict | ast.List)


def is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def names(node: ast.stmt) -> list[str]:
    """Return the names that a statement at the top of a module binds."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
    return [each.id for each in targets if isinstance(each, ast.Name)]


class Source:
    """A text, and where the nodes of its syntax tree are."""

    def __init__(self, text: str) -> None:
        assert text.isascii(), "columns of nodes count bytes"
        self._text = text
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def start(self, line: int) -> int:
        return self._starts[line - 1]

    def end(self, node: ast.AST) -> int:
        assert isinstance(node, ast.expr | ast.stmt)
        return self._starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    def lines(self, first: ast.stmt, last: ast.stmt) -> str:
        """Return whole lines, with comments and decorators above."""
        decorators = getattr(first, "decorator_list", ())
        begin = min([first.lineno, *(each.lineno for each in decorators)])
        lines = self._text.splitlines(keepends=True)
        while begin > 1 and lines[begin - 2].lstrip().startswith("#"):
            begin -= 1
        return "".join(lines[begin - 1 : last.end_lineno])

    def segment(self, node: ast.expr) -> str:
        return self._text[self._starts[node.lineno - 1] + node.col_offset : self.end(node)]

    def comma(self, node: ast.AST) -> str:
        """Return what has to stand behind the last entry of a bracket before another one."""
        before = self._text[: self.end(node) - 1].rstrip()
        return "" if before[-1] in ",([{" else ","
