"""The hooks of a service: each refuses what it is there for. That all pass: test_workflows.py."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.rendering import clean_environment, commit, git
from tests.support.services import EVERYTHING, Services

KEY = "-----BEGIN RSA PRIVATE " + "KEY-----\n"
# What a person might stage, by the hook that refuses it.
REFUSED = {
    "ruff-check": ("app/own.py", "import os\n"),
    "ruff-format": ("app/own.py", "ONE  =  1\n"),
    "mypy": ("app/own.py", 'ONE: int = "1"\n'),
    "conflict-markers": ("docs/own.md", "<<<<<<< ours\n"),
    "private-keys": ("docs/own.md", KEY),
    "secrets": ("docs/own.md", "AWS_ACCESS_KEY_ID=AKIA" + "IOSFODNN7RAMPLEX\n"),
    "large-files": ("docs/own.md", 600 * 1024 * "x"),
}


@pytest.fixture(scope="module")
def repository(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Path:
    service = services.copied(EVERYTHING.answers, tmp_path_factory.mktemp("hooks") / "service")
    git(service, "init", "--quiet", "--initial-branch", "main")
    (service / ".git/info/exclude").write_text(".venv\n", encoding="utf-8")
    commit(service, "Make the service")
    return service


def test_every_hook_is_local_and_tried(repository: Path) -> None:
    """`repo: local` needs no network when somebody commits."""
    told = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    [local] = told["repos"]

    assert local["repo"] == "local"
    assert {hook["id"] for hook in local["hooks"]} == REFUSED.keys()
    assert {hook["language"] for hook in local["hooks"]} == {"system"}


@pytest.mark.parametrize("hook", REFUSED)
def test_a_hook_refuses(repository: Path, services: Services, hook: str) -> None:
    name, text = REFUSED[hook]
    (repository / name).write_text(text, encoding="utf-8")
    git(repository, "add", name)
    said = subprocess.run(
        [".venv/bin/pre-commit", "run", hook],
        cwd=repository,
        env=clean_environment() | services.caches,
        capture_output=True,
        text=True,
        check=False,
    )
    git(repository, "rm", "--quiet", "--force", name)

    assert said.returncode == 1, said.stdout
    assert "Failed" in said.stdout, said.stdout
    assert name in said.stdout
