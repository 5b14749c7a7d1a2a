"""Checkouts as on Windows: a service keeps the line ends that its scripts and its image need."""

import sys
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.rendering import NEWEST, TEMPLATE_FILES, commit, copy_template, git, run
from tests.support.services import EVERYTHING, Services

# In place of the tools that a script calls: they say who they are.
STAND_IN = '#!/bin/sh\necho "$(basename "$0")"\n'
TOOLS = ["lint-imports", "mypy", "pytest", "python", "ruff"]


@pytest.fixture
def checkout(services: Services, tmp_path: Path) -> Path:
    """A clone by a git that writes CRLF where nothing tells it otherwise."""
    origin = Path(copytree(services.rendered(EVERYTHING.answers), tmp_path / "origin"))
    git(origin, "init", "--quiet")
    commit(origin, "Born")
    clone = ["clone", "--quiet", "--config", "core.autocrlf=true", "origin", "clone"]
    git(tmp_path, *clone)
    return tmp_path / "clone"


def test_such_a_git_writes_other_line_ends(tmp_path: Path) -> None:
    """Or the next tests would show nothing."""
    (tmp_path / "script.sh").write_text("true\n")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "Born")
    (tmp_path / "script.sh").unlink()
    git(tmp_path, "-c", "core.autocrlf=true", "checkout", "script.sh")

    assert (tmp_path / "script.sh").read_bytes() == b"true\r\n"


def test_every_text_keeps_its_line_ends(checkout: Path) -> None:
    listed = git(checkout, "ls-files", "--eol").splitlines()
    texts = [line for line in listed if not line.startswith("i/-text")]

    assert len(texts) > 200
    assert [line for line in texts if " w/lf " not in line and " w/none " not in line] == []


def test_its_scripts_run(checkout: Path) -> None:
    tools = checkout / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in TOOLS:
        (tools / name).write_text(STAND_IN)
        (tools / name).chmod(0o755)

    said = run(checkout, "scripts/run_checks.sh")

    assert {"ruff", "mypy", "lint-imports", "pytest"} <= set(said.split())


def test_a_service_is_born_with_them(tmp_path: Path) -> None:
    """Copier clones the template by the same git."""
    (tmp_path / "template").mkdir()
    copy_template(tmp_path / "template", [*TEMPLATE_FILES, ".gitattributes"])
    copy = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet", "--vcs-ref", NEWEST]
    crlf = {"GIT_CONFIG_COUNT": "1"}
    crlf |= {"GIT_CONFIG_KEY_0": "core.autocrlf", "GIT_CONFIG_VALUE_0": "true"}
    run(tmp_path, *copy, "template", "service", **crlf)

    service = tmp_path / "service"
    texts = [*service.rglob("*.py"), *service.rglob("*.sh"), *service.rglob("*.md")]
    assert len(texts) > 200
    assert [path for path in texts if b"\r" in path.read_bytes()] == []
