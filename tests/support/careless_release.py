"""A release that moves, deletes and rewrites what stands next to a team's own lines."""

from pathlib import Path

from tests.support.insertions import ANCHOR, OVERLAYS, TAG
from tests.support.newer_release import ATTRIBUTES, replace

DELETED_TEST = "tests/platform/test_seeders.py"
MOVED_DOC, ITS_PLACE = "docs/identity.md", "docs/people.md"
REWRITTEN = {
    "LICENSE.jinja": ("All rights reserved.", "All rights reserved, in all countries."),
    "Makefile.jinja": (
        ".PHONY: format\nformat: ## Format the code\n",
        ".PHONY: format\nformat: ## Sort the imports, and format the code\n",
    ),
    "pyproject.toml.jinja": (
        "[tool.pytest.ini_options]\n",
        "[tool.careless]\nkey = 1\n\n[tool.pytest.ini_options]\n",
    ),
}


def change(folder: Path) -> None:
    """Make the newest release in this folder into a careless one."""
    template = folder / "template"
    for name, (old, new) in REWRITTEN.items():
        replace(template / name, old, new)
    for name in OVERLAYS:
        path = next(each for each in template.glob(f"{name}*") if each.is_file())
        path.write_text(crowd_anchors(path.read_text(encoding="utf-8")), encoding="utf-8")
    (template / DELETED_TEST).unlink()
    (template / MOVED_DOC).rename(template / ITS_PLACE)
    replace(template / ATTRIBUTES, MOVED_DOC, ITS_PLACE)


def crowd_anchors(text: str) -> str:
    """Swap the two lines above each anchor, where they are of one kind, and add one below them."""
    lines = text.splitlines()
    for place in reversed([n for n, line in enumerate(lines) if ANCHOR.match(line)]):
        above = lines[place - 2 : place]
        if not any(TAG.fullmatch(line) or not line or line.endswith(("[", "]")) for line in above):
            lines[place - 2 : place] = reversed(above)
        indent = lines[place][: -len(lines[place].lstrip())]
        lines.insert(place, f"{indent}# Added in a hurry.")
    return "\n".join([*lines, ""])
