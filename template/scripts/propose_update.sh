#!/usr/bin/env bash
# What platform-update.yml runs: `commit` takes the newest release, `open` makes a pull request of it.
set -euo pipefail
cd "$(dirname "$0")/.."
branch=platform-update

commit_update() {
    if ! grep -q '^_src_path: .*[:@]' .copier-answers.yml; then
        echo "The template is not at an address that CI can read: _src_path in .copier-answers.yml."
        return
    fi
    git switch --quiet --create "$branch"
    failed=0
    said=$(make --silent update 2>&1) || failed=$?
    echo "$said"
    if [ -z "$(git status --porcelain)" ]; then
        return "$failed"
    fi
    # With conflicts, which the pull request shows, it may not install.
    make setup || echo "make setup: failed"
    git add --all
    git -c user.name=platform-update -c user.email=platform-update@users.noreply.github.com \
        commit --quiet --no-verify --message "Update the platform" --message "$said"
    echo "changed=true" >> "${GITHUB_OUTPUT:-/dev/null}"
}

open_pull_request() {
    if [ "$(gh pr list --head "$branch" --state open --json number --jq length)" != 0 ]; then
        echo "The last one is still open, and somebody may have worked on it."
        return
    fi
    gh auth setup-git
    git push --force origin "$branch"
    gh pr create --head "$branch" --fill
}

case "${1:-}" in
    commit) commit_update ;;
    open) open_pull_request ;;
    *) echo "Say commit or open." >&2; exit 2 ;;
esac
