"""Check the ends of lines and of files, and look for conflict markers."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

CONFLICT = re.compile(r"^(<{7}|>{7}|\|{7})( |$)")


def problems(text: str) -> Iterator[tuple[int, str]]:
    """Yield each problem with the number of its line."""
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if CONFLICT.match(line):
            yield number, "a conflict marker"
    if text and (lines[-1] or not lines[:-1][-1]):
        yield len(lines), "the file does not end with exactly one newline"


def main(paths: list[str]) -> int:
    found = [
        f"{path}:{number}: {problem}"
        for path in paths
        for number, problem in problems(Path(path).read_text(encoding="utf-8"))
    ]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
