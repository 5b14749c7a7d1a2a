"""Render services from the working tree, as a released template would."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from shutil import copy2
from typing import Any

import copier

ROOT = Path(__file__).parents[2]
TEMPLATE_FILES = ("copier.yml", "template")
NEWEST = "v999.0.0"
IDENTITY = ("-c", "user.name=Groundwork", "-c", "user.email=groundwork@example.invalid")
UV = Path(sys.executable).with_name("uv")
# What would reach the tools of a rendered service from the environment of this suite.
FOREIGN = {
    # make test ARGS=... hands it on to every make that a test runs.
    "ARGS",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
    "PYTEST_ADDOPTS",
    "PYTHONDONTWRITEBYTECODE",
    "TEST_DATABASE_URL",
    "TEST_REDIS_URL",
    "VIRTUAL_ENV",
}


# The answers to every option, with those that bring the most first.
OPTIONS: dict[str, list[Any]] = {
    "use_alembic": [True, False],
    "use_redis": [True, False],
    "use_opentelemetry": [True, False],
    "use_sentry": [True, False],
    "use_kubernetes": [True, False],
    "jwt_library": ["python-jose", "pyjwt"],
}


@dataclass(frozen=True)
class Combination:
    """One answer to every option, in the order of OPTIONS."""

    values: tuple[Any, ...]

    @classmethod
    def of(cls, **answers: Any) -> "Combination":
        """Return the one with these answers: of what is not named, no option and python-jose."""
        assert answers.keys() <= OPTIONS.keys(), answers
        others = {name: False if False in known else known[0] for name, known in OPTIONS.items()}
        return cls(tuple((others | answers).values()))

    @property
    def answers(self) -> dict[str, Any]:
        return dict(zip(OPTIONS, self.values, strict=True))

    def __getattr__(self, option: str) -> Any:
        if option not in OPTIONS:
            raise AttributeError(option)
        return self.answers[option]

    def __str__(self) -> str:
        yes = [name.removeprefix("use_") for name in OPTIONS if self.answers[name] is True]
        named = [value for value in self.values if isinstance(value, str)]
        return "+".join(yes + [name for name in named if name != "python-jose"]) or "bare"


COMBINATIONS = [Combination(answers) for answers in product(*OPTIONS.values())]


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints."""
    done = subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", message)


def copy_template(folder: Path, names: Sequence[str] = TEMPLATE_FILES) -> Path:
    """Make a repository that has the working tree's template as its one release, v999.0.0."""
    listed = git(ROOT, "ls-files", "-z", "-co", "--exclude-standard", "--", *names)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "Release")
    git(folder, "tag", NEWEST)
    return folder


def render(template: Path, folder: Path, answers: Mapping[str, Any], vcs_ref: str = NEWEST) -> Path:
    """Make a service, as `copier copy --defaults` does."""
    copier.run_copy(
        str(template), folder, data=dict(answers), defaults=True, quiet=True, vcs_ref=vcs_ref
    )
    return folder


def run(service: Path, *command: str, **environment: str) -> str:
    """Run a command in a service and return what it prints.

    Raises:
        AssertionError: it failed; the message is all that it printed.
    """
    done = subprocess.run(
        command,
        cwd=service,
        env=clean_environment() | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)} in {service}:\n{done.stdout}"
    return done.stdout


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FOREIGN}


def install(service: Path, python: str = sys.executable) -> Path:
    """Run the service's `make setup` for one Python."""
    run(service, "make", "setup", f"UV={UV}", UV_PYTHON=python)
    return service
