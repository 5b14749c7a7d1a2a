"""Copy which code is the platform's, from template/.gitattributes.jinja into the `omit` list of
coverage in template/pyproject.toml.jinja: `.venv/bin/python -m tools.omit_platform_code`.
"""

import re
from itertools import groupby
from pathlib import Path, PurePosixPath
from textwrap import fill

TEMPLATE = Path(__file__).parent.parent / "template"
ATTRIBUTES, SETTINGS = TEMPLATE / ".gitattributes.jinja", TEMPLATE / "pyproject.toml.jinja"
CODE = re.compile(r"(app/\S+(?:\.py|/\*)) linguist-generated")
# The managed part of the list, up to the anchor below which teams add theirs.
OMITTED = re.compile(r"(?<=\nomit = \[\n).*?(?=    # The platform's)", re.DOTALL)
EMPTY_BLOCK = re.compile(r"\{% if .*%\}\n\{% endif %\}\n")
INDENT = "    "


def omit_platform_code(attributes: str, settings: str) -> str:
    """Return the settings with the code that the attributes mark, folder by folder."""
    lines = [line for line in attributes.splitlines() if line.startswith("{%") or CODE.match(line)]
    written = "".join(f"{_entry(list(group))}\n" for _, group in groupby(lines, _folder))
    return OMITTED.sub(lambda _: EMPTY_BLOCK.sub("", written), settings)


def _folder(line: str) -> str:
    code = CODE.match(line)
    return str(PurePosixPath(code[1]).parent) if code else line


def _entry(lines: list[str]) -> str:
    quoted = " ".join(f'"{code[1]}",' for line in lines if (code := CODE.match(line)))
    return fill(quoted, 100, initial_indent=INDENT, subsequent_indent=INDENT) or lines[0]


if __name__ == "__main__":
    marked = ATTRIBUTES.read_text(encoding="utf-8")
    changed = omit_platform_code(marked, SETTINGS.read_text(encoding="utf-8"))
    SETTINGS.write_text(changed, encoding="utf-8")
