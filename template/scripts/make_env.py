"""Writes .env from .env.example, with a random value for each secret.

To one that is there it adds the variables that it lacks, since an update may have brought some.
"""

import re
import secrets
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Commented out is known, too.
KNOWN = re.compile(r"^[# ]*(?:export )?(\w+) *=", re.MULTILINE)


def make_env(example: str) -> str:
    """Fills in every variable that is empty and whose name ends in _SECRET."""
    return re.sub(
        r"^(\w+_SECRET)=$",
        lambda match: f"{match[1]}={secrets.token_urlsafe(48)}",
        example,
        flags=re.MULTILINE,
    )


def find_missing(example: str, env: str) -> dict[str, str]:
    """Returns the lines of variables that only the example has, by their names."""
    known = set(KNOWN.findall(env))
    lines = re.findall(r"^(\w+)(=.*)$", make_env(example), re.MULTILINE)
    return {name: name + rest for name, rest in lines if name not in known}


def main() -> None:
    target = ROOT / ".env"
    example = (ROOT / ".env.example").read_text()
    if not target.exists():
        target.touch(mode=0o600)
        target.write_text(make_env(example))
        return
    env = target.read_text()
    if missing := find_missing(example, env):
        # What stands there stays: somebody's values, comments and order.
        with target.open("a") as file:
            file.write("\n".join(["" if env.endswith("\n") else "\n", *missing.values(), ""]))
        print(f"Added to .env, as .env.example explains: {', '.join(missing)}")


if __name__ == "__main__":
    main()
