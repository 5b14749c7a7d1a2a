"""Where a file of the template takes another line, whatever its language, and stays what it is."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import yaml

from tests.support.template_files import SUFFIX

ANSWERS_FILE = "{{ _copier_conf.answers_file }}"
# Where lines of both sides meet: a team's own go below an anchor, the platform's above.
OVERLAYS = {
    ".dockerignore",
    ".env.example",
    ".gitattributes",
    ".github/CODEOWNERS",
    ".github/workflows/ci.yml",
    ".github/workflows/dependencies.yml",
    ".github/workflows/platform-update.yml",
    ".gitignore",
    "Dockerfile",
    ".pre-commit-config.yaml",
    "pyproject.toml",
    "scripts/scan_secrets.sh",
}
ANCHOR = re.compile(r"\s*# (The platform's [\w ]+ end here|This service's own sections follow)\b")
# What is right on a first line only.
HEAD = re.compile(r"#!|# (syntax|check|escape)=|\{$")
TAG = re.compile(r"\s*\{[%#]-?\s*(\w*).*[%#]\}\s*")
EXPRESSION = re.compile(r"(?<!\$)\{\{.*?\}\}")
NOT_BLOCKS = {"", "elif", "else", "endraw", "import", "include", "raw", "set"}


def python_places(text: str) -> Iterator[int]:
    """Above a statement, its decorators included. Docstrings and imports have a form to keep."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        is_import = isinstance(node, ast.Import | ast.ImportFrom)
        if not isinstance(node, ast.stmt) or is_docstring(node) or is_import:
            continue
        place = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        before, after = lines[place - 1][: node.col_offset], lines[place - 1][node.col_offset :]
        if not before.strip() and not after.startswith("elif"):
            yield place - 1


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def toml_places(text: str) -> Iterator[int]:
    """Where what stands above is whole."""
    for place, above in enumerate(beginnings(text)):
        try:
            tomllib.loads(above)
        except tomllib.TOMLDecodeError:
            continue
        yield place


def yaml_places(text: str) -> Iterator[int]:
    """Outside scalars and collections that go over several lines."""
    inside: set[int] = set()
    opened: list[int] = []
    for token in yaml.scan(text):
        first, last = token.start_mark.line, token.end_mark.line
        if isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken):
            opened.append(first)
        elif isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken):
            first = opened.pop()
        elif not isinstance(token, yaml.ScalarToken):
            continue
        inside.update(range(first + 1, last + 1))
    yield from (place for place in range(len(text.splitlines())) if place not in inside)


def paragraph_places(text: str) -> Iterator[int]:
    """Below an empty line."""
    yield from (place for place, line in enumerate(text.splitlines(), 1) if not line)


def shell_places(text: str) -> Iterator[int]:
    """Where what stands above is whole: Bash only warns of a here-document without its end."""
    for place, above in enumerate(beginnings(text)):
        done = subprocess.run(
            ["bash", "-n"], input=above, capture_output=True, text=True, check=False
        )
        if not done.returncode and not done.stderr and not above.endswith("\\\n"):
            yield place


def json_places(text: str) -> Iterator[int]:
    """At the start of an object that is not empty; there are no comments."""
    lines = text.splitlines()
    yield from (place for place in range(1, len(lines)) if lines[place - 1].endswith("{"))


def markdown_places(text: str) -> Iterator[int]:
    """At the start of a block of text, outside code."""
    lines = text.splitlines()
    is_code = False
    for place, line in enumerate(lines):
        is_fence = line.lstrip().startswith("```")
        if not is_code and not line.startswith(" ") and (not place or not lines[place - 1]):
            yield place
        is_code ^= is_fence


def outermost_places(text: str) -> Iterator[int]:
    """Above a line that belongs to none before it."""
    lines = text.splitlines()
    assert not any("<<" in line for line in lines), "nobody has thought of here-documents"
    for place, line in enumerate(lines):
        if not line.startswith((" ", "\t")) and not (place and lines[place - 1].endswith("\\")):
            yield place


def beginnings(text: str) -> Iterator[str]:
    """Yield what stands above each line."""
    lines = text.splitlines(keepends=True)
    return ("".join(lines[:place]) for place in range(len(lines)))


@dataclass(frozen=True)
class Kind:
    comment: str
    places: Callable[[str], Iterator[int]]


OF_LINES = Kind("# {}", outermost_places)
# By suffix or, where there is none, by name.
KINDS = {
    ".dockerignore": OF_LINES,
    ".example": OF_LINES,
    ".gitattributes": OF_LINES,
    ".gitignore": OF_LINES,
    ".ini": OF_LINES,
    ".mako": Kind("## {}", outermost_places),
    ".json": Kind('"{}": "",', json_places),
    ".md": Kind("<!-- {} -->", markdown_places),
    ".mk": OF_LINES,
    ".py": Kind("# {}", python_places),
    ".sh": Kind("# {}", shell_places),
    ".sql": Kind("-- {}", paragraph_places),
    ".toml": Kind("# {}", toml_places),
    ".yaml": Kind("# {}", yaml_places),
    ".yml": Kind("# {}", yaml_places),
    ANSWERS_FILE: Kind("# {}", yaml_places),
    "CODEOWNERS": OF_LINES,
    "Dockerfile": OF_LINES,
    "LICENSE": Kind("{}", outermost_places),
    "Makefile": OF_LINES,
}


def insert(name: str, text: str, line: str) -> str:
    """Add a comment at the top, in the middle and at the end of a file, above its anchors.

    Raises:
        KeyError: nobody has said yet what a comment looks like in a file of this kind.
    """
    path = PurePosixPath(name.removesuffix(SUFFIX))
    kind = KINDS[path.name] if path.name in KINDS else KINDS[path.suffix or path.name]
    lines = text.splitlines(keepends=True)
    chosen = sorted([*inner_places(text, kind), *anchors(text)])
    for number, place in reversed(list(enumerate(chosen, 1))):
        following = lines[place] if place < len(lines) else ""
        indent = following[: len(following) - len(following.lstrip(" "))]
        comment = kind.comment.format(f"{line}, place {number} of {len(chosen)}.")
        lines.insert(place, f"{indent}{comment}\n")
    return "".join(lines)


def inner_places(text: str, kind: Kind) -> list[int]:
    """Return the first, the middle and the last place for a line."""
    lines = text.splitlines()
    plain = without_tags(text)
    top = 1 if HEAD.match(lines[0]) else 0
    # A blank line may be a tag's, or one of two that a formatter wants together.
    filled = {place for place, line in enumerate(plain.splitlines()) if line.strip()}
    places = sorted(filled & set(kind.places(plain)) - {0, top}) or [top]
    middle = min(places, key=lambda place: abs(place - len(lines) // 2))
    return [top, middle, places[-1]]


def anchors(text: str) -> list[int]:
    """Return where the platform ends in the lists that teams continue."""
    return [place for place, line in enumerate(text.splitlines()) if ANCHOR.match(line)]


def without_tags(text: str) -> str:
    """Return the lines that every service gets, each where it stands, with 0 for expressions."""
    kept = []
    depth = 0
    for line in text.splitlines():
        tag = TAG.fullmatch(line)
        if tag and tag[1] not in NOT_BLOCKS:
            depth += -1 if tag[1].startswith("end") else 1
        kept.append("" if tag or depth else EXPRESSION.sub("0", line))
    return "\n".join([*kept, ""])
