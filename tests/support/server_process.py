"""Start a server of our own and never leave it behind."""

import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.find_servers import WHEELS
from tools.running import running

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
    parent = None if is_open_to_all(Path(tempfile.gettempdir())) else "/tmp"  # noqa: S108
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
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        **as_server_user(folder),
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stdout.decode()}")


@contextmanager
def running_server(
    command: list[str], folder: Path, is_ready: Callable[[], bool]
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server until the block ends, entering it when the server is ready."""
    log = folder / "server.log"
    with running(command, log, is_ready, **as_server_user(folder)) as process:
        yield process


def as_server_user(folder: Path) -> dict[str, Any]:
    """Make the options of a process in a folder of the servers' user."""
    options: dict[str, Any] = {"cwd": folder, "env": os.environ | {"LC_ALL": "C"}}
    if user := server_user():
        options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return options


def reachable(programs: Path, folder: Path) -> Path:
    """Return the programs' folder, or a copy where the servers' user may run it.

    Wheels lie in .venv, and root's clone may be closed to everybody else.
    """
    if is_open_to_all(programs) or not server_user() or not programs.is_relative_to(WHEELS):
        return programs
    package = programs.relative_to(WHEELS).parts[0]
    for name in (package, f"{package}.libs"):
        shutil.copytree(WHEELS / name, folder / "wheel" / name)
    return folder / "wheel" / programs.relative_to(WHEELS)


def is_open_to_all(folder: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in [folder, *folder.parents])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
