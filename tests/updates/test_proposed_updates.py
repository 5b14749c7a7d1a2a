"""What the scheduled workflow proposes: a branch with the newest release, as a pull request."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.newer_release import replace
from tests.support.releases import CARELESS, LINES, OLDER, Releases
from tests.support.rendering import UV, clean_environment, commit, git, run
from tests.support.services import EVERYTHING, Services

PROPOSE = "scripts/propose_update.sh"
BRANCH = "platform-update"
# Writes down what it is asked, and says how many pull requests are open.
GH = """#!/bin/sh
echo "$@" >> "$ASKED"
case "$1 $2" in "pr list") echo "${OPEN:-0}" ;; esac
"""
USERS, GONE = "/api/v1/users", "/api/v1/gone"


@pytest.fixture
def service(releases: Releases, services: Services, tmp_path: Path) -> Path:
    """One of the older release, at an address, with another's environment and its API described."""
    service = releases.born(EVERYTHING.answers, OLDER, tmp_path / "service")
    installed = services.installed(EVERYTHING.answers)
    (service / ".git/info/exclude").write_text(".venv\n", encoding="utf-8")
    (service / ".venv").symlink_to(installed / ".venv")
    (service / "uv.lock").write_bytes((installed / "uv.lock").read_bytes())
    there = f"_src_path: {releases.template}"
    replace(service / ".copier-answers.yml", there, f"_src_path: git+file://{releases.template}")
    run(service, ".venv/bin/python", "scripts/make_env.py")
    run(service, "make", "openapi")
    commit(service, "Set up")
    git(service, "clone", "--quiet", "--bare", ".", str(tmp_path / "origin"))
    git(service, "remote", "add", "origin", str(tmp_path / "origin"))
    return service


def propose(service: Path, what: str, **environment: str) -> str:
    programs = service.parent / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "gh").write_text(GH, encoding="utf-8")
    (programs / "gh").chmod(0o755)
    own = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "ASKED": str(service.parent / "asked"),
        "GITHUB_OUTPUT": str(service.parent / "output"),
        "UV": str(UV),
    }
    return run(service, PROPOSE, what, **own, **environment)


def outcome(service: Path) -> str:
    path = service.parent / "output"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def pushed(service: Path) -> str:
    return git(service, "ls-remote", "origin", f"refs/heads/{BRANCH}")


def test_a_release_is_proposed_with_what_it_changes_in_the_api(service: Path) -> None:
    older = json.loads((service / "openapi.json").read_text(encoding="utf-8"))
    older["paths"][GONE] = older["paths"].pop(USERS)
    (service / "openapi.json").write_text(json.dumps(older), encoding="utf-8")
    commit(service, "As if the release had other routes")

    propose(service, "commit")
    assert outcome(service) == "changed=true\n"
    assert git(service, "status", "--porcelain") == ""
    message = git(service, "log", "-1", "--format=%B")
    assert f"BREAKING GET {GONE}: removed" in message
    assert f"GET {USERS}: added" in message
    newer = json.loads(git(service, "show", "HEAD:openapi.json"))
    assert newer["paths"].keys() == (older["paths"].keys() - {GONE}) | {USERS}
    assert f"_commit: {CARELESS}" in git(service, "show", "HEAD:.copier-answers.yml")

    propose(service, "open", OPEN="1")
    assert pushed(service) == ""
    propose(service, "open")
    asked = (service.parent / "asked").read_text(encoding="utf-8")
    assert f"pr create --head {BRANCH} --fill\n" in asked
    assert pushed(service).split()[0] == git(service, "rev-parse", "HEAD").strip()

    git(service, "switch", "--quiet", "main")
    git(service, "merge", "--quiet", BRANCH)
    git(service, "branch", "--quiet", "--delete", BRANCH)
    (service.parent / "output").unlink()
    propose(service, "commit")
    assert outcome(service) == ""


def test_a_conflict_is_proposed_for_people_to_resolve(service: Path) -> None:
    edited = service / "app/main.py"
    edited.write_text(edited.read_text("utf-8").replace(LINES[OLDER], "A line of ours"), "utf-8")
    commit(service, "Edit what is not ours")

    propose(service, "commit")
    assert outcome(service) == "changed=true\n"
    assert "In conflict" in git(service, "log", "-1", "--format=%B")
    assert "<<<<<<<" in git(service, "show", "HEAD:app/main.py")


def test_a_template_that_ci_cannot_reach_fails_or_is_passed_over(service: Path) -> None:
    answers = service / ".copier-answers.yml"
    text = answers.read_text(encoding="utf-8")
    answers.write_text(text.replace("git+file://", ""), encoding="utf-8")
    assert "not at an address that CI can read" in propose(service, "commit")

    git(service, "checkout", "--quiet", "--", ".")
    answers.write_text(text.replace("git+file://", "git+file:///nowhere"), encoding="utf-8")
    commit(service, "Move away")
    done = subprocess.run(
        [PROPOSE, "commit"],
        cwd=service,
        env=clean_environment() | {"UV": str(UV)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert outcome(service) == ""
