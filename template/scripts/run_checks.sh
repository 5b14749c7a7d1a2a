#!/usr/bin/env bash
# What `make check` and CI run. Needs `make setup` before it.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

if git grep --no-index --exclude-standard -nIE '^(<<<<<<<|>>>>>>>) '; then
    echo "Resolve these conflicts first." >&2
    exit 1
fi
ruff format --check .
ruff check .
mypy
lint-imports
pytest --cov "$@"
