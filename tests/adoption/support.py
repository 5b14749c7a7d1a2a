"""The page, the backend that it moves, and an old client of it."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree

from tests.support.rendering import ROOT, UV, clean_environment, git

HERE = Path(__file__).parent
PAGE = ROOT / "docs" / "adopting.md"
HEADING = re.compile(r"^## (\d)\. (.+)$", re.MULTILINE)
# What lints, checks types and tests, and the tests in it.
TESTS = {"make green": ".venv/bin/pytest backend/tests", "make check": ".venv/bin/pytest --cov"}
FENCE = re.compile(r"^```sh (begin|then|green|back)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One section of the page: its commands by what they are for."""

    number: int
    name: str
    text: str
    commands: Mapping[str, str]


def read_steps() -> list[Step]:
    parts = HEADING.split(PAGE.read_text(encoding="utf-8"))
    return [
        Step(int(number), name, text, dict(FENCE.findall(text)))
        for number, name, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    ]


@dataclass
class Repository:
    """A repository on its way, and the environment that its team has."""

    folder: Path
    groundwork: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, commands: str) -> str:
        """Run commands of the page.

        Raises:
            AssertionError: one failed; the message is all that they printed.
        """
        done = self.try_to_run(commands)
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        return done.stdout

    def try_to_run(self, commands: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def variables(self) -> dict[str, str]:
        path = f"{UV.parent}{os.pathsep}{os.environ['PATH']}"
        return (
            clean_environment()
            | identity()
            | self.environment
            | {"GROUNDWORK": str(self.groundwork), "PATH": path}
        )

    def write(self, step: Step) -> None:
        """Do what the team does by hand in a step."""
        edits = HERE / "steps" / str(step.number)
        if edits.exists():
            copytree(edits, self.folder, dirs_exist_ok=True)

    def take(self, step: Step, *, tests_alone: bool = False) -> None:
        """Follow a step; without the checks whose result no database can change, if you like."""
        self.run(step.commands["begin"])
        self.write(step)
        for name in ("then", "green"):
            commands = step.commands.get(name, "")
            for check, tests in TESTS.items() if tests_alone else ():
                commands = commands.replace(check, tests)
            self.run(commands)


def identity() -> dict[str, str]:
    return {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Team"), ("EMAIL", "team@example.invalid"))
    }


def begin_repository(folder: Path, groundwork: Path, **environment: str) -> Repository:
    """Make the repository of the team as it is before the first step."""
    copytree(HERE / "flat", folder, ignore=lambda _, names: {"__pycache__"} & {*names})
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "What we have")
    return Repository(folder, groundwork, environment)
