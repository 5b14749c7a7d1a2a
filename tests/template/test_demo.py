"""`make demo`, in a fresh clone, as a person would type it."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2
from typing import IO

import httpx
import pytest

from tests.support.rendering import ROOT, UV, clean_environment, commit, git
from tests.support.server_process import free_port

START_SECONDS = 240
STOP_SECONDS = 30
DATA = "use_redis=false project_slug=corner-shop"


@dataclass
class Demo:
    """A running `make demo`: what it has printed, by name, and how to sign in."""

    lines: list[str]

    def __getitem__(self, name: str) -> str:
        [value] = [line.partition(": ")[2] for line in self.lines if line.startswith(f"{name}: ")]
        return value

    def sign_in(self) -> httpx.Response:
        form = {"grant_type": "password", "username": self["email"], "password": self["password"]}
        return httpx.post(f"{self['URL']}/api/v1/auth/token", data=form)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree as somebody else gets it: committed, with nothing installed."""
    folder = tmp_path_factory.mktemp("clone")
    listed = git(ROOT, "ls-files", "-z", "-co", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "Clone")
    return folder


def start(clone: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["make", "demo", *arguments],
        cwd=clone,
        env=clean_environment() | {"PATH": f"{UV.parent}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@contextmanager
def demo(clone: Path, *arguments: str) -> Iterator[Demo]:
    """Run the demo until the block ends, and then press Ctrl-C."""
    with start(clone, *arguments) as process:
        assert process.stdout
        try:
            running = Demo(read_until_ready(process.stdout))
            yield running
            os.killpg(process.pid, signal.SIGINT)
            process.wait(STOP_SECONDS)
            running.lines += process.stdout.read().splitlines()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def read_until_ready(output: IO[str]) -> list[str]:
    lines = []
    for line in output:
        lines.append(line.rstrip())
        if line.startswith("Ctrl-C"):
            return lines
    raise AssertionError("\n".join(lines))


@pytest.mark.timeout(2 * START_SECONDS)
def test_the_demo_serves_and_its_login_works(clone: Path) -> None:
    port = free_port()
    with demo(clone, f"PORT={port}", f"DATA={DATA}") as first:
        assert first["URL"] == f"http://127.0.0.1:{port}"
        assert httpx.get(first["docs"]).status_code == 200
        assert first.sign_in().status_code == 200
        steps = [line for line in first.lines if re.match(r"\[\d/5\] ", line)]
        assert len(steps) == 5
        password = first["password"]

    assert first.lines[-1] == "Stopped."
    with pytest.raises(httpx.ConnectError):
        httpx.get(first["URL"])

    with demo(clone, f"PORT={port}", f"DATA={DATA}") as again:
        assert any("Reusing" in line for line in again.lines)
        assert again["password"] == password
        assert again.sign_in().status_code == 200
    assert git(clone, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["DATA=use_redis"], "has no '='"),
        (["DATA=use_radish=true"], "There is no question 'use_radish'"),
        (["DATA=use_redis=perhaps"], "true or false"),
        (["DATA=project_slug=-x"], "A slug has 3 to 40"),
        (["PORT=0"], "PORT is a number from 1 to 65535"),
        (["PORT=x"], "PORT is a number from 1 to 65535"),
    ],
)
def test_invalid_arguments_are_refused_with_a_sentence(
    clone: Path, arguments: list[str], said: str
) -> None:
    process = start(clone, *arguments)
    printed, _ = process.communicate(timeout=START_SECONDS)

    assert process.returncode != 0
    assert said in printed
    assert "Traceback" not in printed


def test_a_taken_port_is_refused(clone: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(clone, f"PORT={taken.getsockname()[1]}")
        printed, _ = process.communicate(timeout=START_SECONDS)

    assert process.returncode != 0
    assert "cannot be had (address already in use)" in printed
