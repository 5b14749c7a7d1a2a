"""Runs the platform's own tests against this service: those of the release that it was made from."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ANSWERS = Path(".copier-answers.yml")
RUNNER = Path("tests/service/run.py")
# As Copier abbreviates addresses.
HOSTS = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/", "git+": ""}
CLONE_SECONDS = 120


def main(*arguments: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        template = Path(os.environ.get("TEMPLATE") or clone(folder)).expanduser().resolve()
        if not (template / RUNNER).exists():
            sys.exit(f"{template} has no {RUNNER}: TEMPLATE names a checkout of the template.")
        done = subprocess.run([sys.executable, template / RUNNER, *arguments], check=False)
    sys.exit(done.returncode)


def clone(folder: str) -> str:
    source, release = read_answer("_src_path"), read_answer("_commit")
    for short, address in HOSTS.items():
        if source.startswith(short):
            source = address + source.removeprefix(short)
    is_there = git("clone", "--depth=1", f"--branch={release}", "--", source, folder) or (
        # What lies between two releases has no name to clone by: v1.0.0-3-g1234567.
        git("clone", "--", source, folder) and git("-C", folder, "checkout", release)
    )
    if not is_there:
        sys.exit(
            f"The template at {release} cannot be fetched from the _src_path in {ANSWERS}: look"
            " after the network, or name a checkout: make test-platform TEMPLATE=path"
        )
    return folder


def read_answer(name: str) -> str:
    answers = ANSWERS.read_text(encoding="utf-8") if ANSWERS.exists() else ""
    found = re.search(rf"^{name}: '?([^'\n]+)", answers, re.MULTILINE)
    return found[1] if found else sys.exit(f"{ANSWERS} has no {name}; restore it from git.")


def git(*arguments: str) -> bool:
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
    try:
        done = subprocess.run(
            ["git", *arguments], check=False, capture_output=True, env=quiet, timeout=CLONE_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    main(*sys.argv[1:])
