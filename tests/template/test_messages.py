"""What Copier says at the end, which is all that some people read."""

import re
import shlex
from pathlib import Path

import copier
import pytest

from tests.support.rendering import NEWEST, commit, git, run

NAME = "Orders 'n' More"


def copy(template: Path, service: Path) -> None:
    copier.run_copy(
        str(template), service, data={"project_name": NAME}, defaults=True, vcs_ref=NEWEST
    )


def commands(message: str) -> list[str]:
    """Return the lines that are to be typed: those that are indented."""
    return [line.strip() for line in message.splitlines() if line.startswith("  ")]


def assert_make_knows(service: Path, typed: list[str]) -> None:
    targets = re.findall(r"\bmake (\w+)", "\n".join(typed))
    assert "setup" in targets
    assert "check" in targets
    for target in targets:
        run(service, "make", "--dry-run", target)


def test_after_a_copy_the_next_steps_are_told(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = tmp_path / "my service"
    copy(template, service)
    message = capsys.readouterr().err.partition(f"{NAME} is in")[2]
    typed = commands(message)

    assert shlex.split(typed[0]) == ["cd", str(service)]
    assert [line.split()[:2] for line in typed[1:]] == [
        ["git", "init"],
        ["make", "setup"],
        ["git", "add"],
        ["make", "run"],
        ["make", "check"],
    ]
    assert "README.md" in message
    assert_make_knows(service, typed)


def test_the_first_commit_works_as_told(
    template: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = tmp_path / "service"
    copy(template, service)
    lines = [line for line in commands(capsys.readouterr().err) if line.startswith("git ")]
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Groundwork")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "groundwork@example.invalid")
    for line in lines:
        run(service, "bash", "-c", line)

    assert git(service, "status", "--porcelain") == ""
    assert "pyproject.toml" in git(service, "ls-tree", "--name-only", "HEAD").splitlines()


def test_after_an_update_conflicts_are_looked_for(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Copier's exit code does not tell, and most of what runs it looks at nothing else."""
    service = tmp_path / "service"
    copy(template, service)
    git(service, "init", "--quiet")
    commit(service, "Birth")
    copier.run_update(service, defaults=True, overwrite=True, vcs_ref=NEWEST)
    message = capsys.readouterr().err.partition(f"{NAME} has the newest platform.")[2]
    typed = commands(message)

    assert "Copier ends with 0 also when lines conflict" in message
    assert typed[0].startswith("git diff --check")
    assert typed[1].startswith("git diff --diff-filter=U")
    assert_make_knows(service, typed)
    for line in typed[:2]:
        assert run(service, "bash", "-c", line) == ""
