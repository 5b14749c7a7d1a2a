"""Writes openapi.json from the code. With --check it only says whether the file is stale."""

import json
import sys
from pathlib import Path

from app.core.config import get_settings
from app.core.settings.errors import ConfigurationError
from app.main import create_app

FILE = Path("openapi.json")


def main(*options: str) -> None:
    document = describe()
    if "--check" not in options:
        FILE.write_text(f"{json.dumps(document, indent=2)}\n", encoding="utf-8")
    elif not FILE.exists():
        print(f"No {FILE}: write it with `make openapi` and commit it, and CI compares with it.")
    elif json.loads(FILE.read_text(encoding="utf-8")) != document:
        sys.exit(f"{FILE} is stale: run `make openapi` and commit it.")


def describe() -> object:
    """Describes the API as it is wherever it runs."""
    settings = get_settings().model_copy(update={"version": "0.0.0", "root_path": ""})
    return create_app(settings).openapi()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ConfigurationError as exc:
        raise SystemExit(str(exc)) from None
