"""Start a server of our own and never leave it behind."""

import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tools.find_servers import WHEELS

# The shell becomes the server. The watcher beside it ends it when the pipe on standard input
# closes, which it does also when this process is killed and can clean up nothing.
GUARDED = 'exec 3<&0; { read -r _ <&3; kill -INT $$; } & exec "$@" </dev/null 3<&-'
START_SECONDS = 30
STOP_SECONDS = 20
# Below the ports that Linux gives to outgoing connections, which come and go while we look.
PORTS = range(20000, 32000)


def server_user() -> pwd.struct_passwd | None:
    """Name the user that servers run as when root runs the suite: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    users = {user.pw_name: user for user in pwd.getpwall()}
    return users.get("postgres") or users["nobody"]


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder that the servers' user owns and can reach."""
    user = server_user()
    # Root's own TMPDIR may be closed to everybody else.
    parent = "/tmp" if user else None  # noqa: S108
    with tempfile.TemporaryDirectory(
        prefix="groundwork-", dir=parent, ignore_cleanup_errors=True
    ) as name:
        if user:
            shutil.chown(name, user.pw_uid, user.pw_gid)
        yield Path(name)


def free_port() -> int:
    """Find a loopback port that nobody listens on.

    Raises:
        StopIteration: there is none.
    """
    return next(port for port in random.sample(PORTS, len(PORTS)) if _is_free(port))


def run_once(command: list[str], folder: Path) -> None:
    """Run a program as the servers' user.

    Raises:
        RuntimeError: it failed; the message holds what it said.
    """
    with _spawn(command, folder, subprocess.PIPE) as process:
        said, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {said.decode()}")


@contextmanager
def running(
    command: list[str], folder: Path, answers: Callable[[], bool]
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server until the block ends, entering it when the server answers."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = _spawn(["sh", "-c", GUARDED, "sh", *command], folder, output)
    try:
        _wait(process, log, answers)
        yield process
    finally:
        _stop(process)


def reachable(programs: Path, folder: Path) -> Path:
    """Return the programs' folder, or a copy where the servers' user may run it.

    Wheels lie in .venv, and root's clone may be closed to everybody else.
    """
    open_to_all = all(parent.stat().st_mode & 0o001 for parent in [programs, *programs.parents])
    if open_to_all or not server_user() or not programs.is_relative_to(WHEELS):
        return programs
    package = programs.relative_to(WHEELS).parts[0]
    for name in (package, f"{package}.libs"):
        shutil.copytree(WHEELS / name, folder / "wheel" / name)
    return folder / "wheel" / programs.relative_to(WHEELS)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _spawn(command: list[str], folder: Path, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    user = server_user()
    return subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"LC_ALL": "C"},
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        # Ctrl-C is for the suite: fixtures still need their servers while they end.
        start_new_session=True,
    )


def _wait(process: subprocess.Popen[bytes], log: Path, answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"A server did not start: {log.read_text(errors='replace')}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
