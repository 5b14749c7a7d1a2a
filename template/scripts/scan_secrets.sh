#!/usr/bin/env bash
# Looks for secrets in the files that git has or would take, or in those that are named. It shows where
# one is and not what it is. Exceptions: docs/secrets.md.
set -euo pipefail
cd "$(dirname "$0")/.."

options=(
    # Nothing that looks like a secret is tried out at its provider.
    --no-verify
    --exclude-files '^(app/static/|uv\.lock$)'
    # Passwords of examples, of development and of tests.
    --exclude-secrets '^(correct horse battery staple|development|password|test|NEW)$'
    # Lines that the linter was told about.
    --exclude-lines 'noqa: S10[5-7]'
    # The platform's options end here; this service's own follow.
)
if [ -f .secrets.baseline ]; then
    options+=(--baseline .secrets.baseline)
fi

list_files() {
    if [ $# -gt 0 ]; then
        printf '%s\0' "$@"
    else
        git ls-files -z --cached --others --exclude-standard
    fi
}

list_files "$@" | xargs -0 .venv/bin/detect-secrets-hook "${options[@]}"
