"""Compares openapi.json with that of another commit: fails when a client of that would break."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.openapi.operations import find_breaks, operations

FILE = Path("openapi.json")
ACCEPTED = Path("openapi-accepted.txt")


def main(commit: str, *options: str) -> None:
    base = read(commit)
    if base is None:
        print(f"{commit} has no {FILE}: nothing to compare with.")
        return
    if not FILE.exists():
        sys.exit(f"{FILE} is missing, and {commit} has one: `make openapi` writes it.")
    head = json.loads(FILE.read_text(encoding="utf-8"))
    breaks = find_breaks(base, head)
    if "--changes" in options:
        print(*list_changes(base, head), *(f"BREAKING {text}" for text in breaks), sep="\n")
        return
    accepted = ACCEPTED.read_text(encoding="utf-8").splitlines() if ACCEPTED.exists() else []
    if remaining := [text for text in breaks if text not in accepted]:
        print(*remaining, sep="\n")
        sys.exit(
            f"\nClients of {commit} would break. Keep what they use, or serve the change as another"
            f" version. To accept a break, add its line to {ACCEPTED}: docs/ci.md."
        )
    print(f"No client of {commit} breaks.")


def read(commit: str) -> dict[str, Any] | None:
    if git("rev-parse", "--verify", "--quiet", commit + "^{commit}") is None:
        sys.exit(f"There is no commit {commit} here. In CI, check out more of the history.")
    text = git("show", f"{commit}:{FILE}")
    return None if text is None else json.loads(text)


def git(*arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], check=False, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def list_changes(base: dict[str, Any], head: dict[str, Any]) -> Iterator[str]:
    """Yields what differs, by operation and by schema."""
    schemas = (each.get("components", {}).get("schemas", {}) for each in (base, head))
    yield from list_differences("", operations(base), operations(head))
    yield from list_differences("schema ", *schemas)


def list_differences(kind: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for name in [*old, *(new.keys() - old.keys())]:
        if old.get(name) != new.get(name):
            what = "added" if name not in old else "changed" if name in new else "removed"
            yield f"{kind}{name}: {what}"


if __name__ == "__main__":
    main(*sys.argv[1:])
