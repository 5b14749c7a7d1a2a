"""A change of the platform's own lines: what Copier then says, and what finds it."""

import subprocess
import sys
from pathlib import Path

from tests.support.releases import CONTEXT_LINES, LINES, OLDER, Releases, conflicts
from tests.support.rendering import COMBINATIONS, NEWEST, clean_environment, commit, git

EDITED = "app/main.py"


def test_a_conflict_is_found_as_the_message_says(releases: Releases, tmp_path: Path) -> None:
    service = releases.born(COMBINATIONS[0].answers, OLDER, tmp_path / "service")
    path = service / EDITED
    path.write_text(path.read_text(encoding="utf-8").replace(LINES[OLDER], "A line of ours"))
    commit(service, "Edit what is not ours")
    command = ["update", "--defaults", "--vcs-ref", NEWEST, "--context-lines", str(CONTEXT_LINES)]
    done = subprocess.run(
        [sys.executable, "-m", "copier", *command],
        cwd=service,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "Copier ends with 0 also when lines conflict" in done.stderr
    assert conflicts(service) == [EDITED]
    assert f"{EDITED}:1: leftover conflict marker" in said_by_git(service, "diff", "--check")
    assert EDITED in git(service, "diff", "--diff-filter=U")


def said_by_git(service: Path, *arguments: str) -> str:
    """Run git, which ends with an error when it has found something."""
    done = subprocess.run(
        ["git", *arguments], cwd=service, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    return done.stdout
