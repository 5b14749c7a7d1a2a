"""Writes .env from .env.example, with a random value for each secret; never touches one that is there."""

import re
import secrets
from pathlib import Path

ROOT = Path(__file__).parent.parent


def make_env(example: str) -> str:
    """Fills in every variable that is empty and whose name ends in _SECRET."""
    return re.sub(
        r"^(\w+_SECRET)=$",
        lambda match: f"{match[1]}={secrets.token_urlsafe(48)}",
        example,
        flags=re.MULTILINE,
    )


def main() -> None:
    target = ROOT / ".env"
    if target.exists():
        return
    target.touch(mode=0o600)
    target.write_text(make_env((ROOT / ".env.example").read_text()))


if __name__ == "__main__":
    main()
