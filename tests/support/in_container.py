"""Become a command of an image: its files are read-only, but for a /tmp in memory, and it has the
image's user, no capability and no way to get one.

`buildah run` can do none of these three. Run it by `unshare --mount --pid --fork`, as root.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

DEVICES = ("null", "random", "urandom", "zero")
# From the kernel's include/uapi/linux/prctl.h.
SET_SIGNAL_OF_PARENTS_DEATH, DROP_FROM_BOUNDING_SET, SET_NO_NEW_PRIVILEGES = 1, 24, 38
# As many as its mask can hold.
CAPABILITIES = range(64)


def mount_all(root: Path) -> None:
    mount("--bind", str(root), str(root))
    for name, mode in (("dev", "755"), ("tmp", "1777")):
        mount("--types", "tmpfs", "--options", f"mode={mode}", "tmpfs", str(root / name))
    mount("--types", "proc", "proc", str(root / "proc"))
    for name in DEVICES:
        (root / "dev" / name).touch()
        mount("--bind", f"/dev/{name}", str(root / "dev" / name))
    mount("--options", "remount,bind,ro", str(root))


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def give_up_rights(user: str) -> None:
    uid, gid = map(int, user.split(":"))
    libc = ctypes.CDLL(None, use_errno=True)
    for number in CAPABILITIES:
        libc.prctl(DROP_FROM_BOUNDING_SET, number, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    # `unshare --kill-child` has asked for it, but another user forgets it.
    libc.prctl(SET_SIGNAL_OF_PARENTS_DEATH, signal.SIGKILL, 0, 0, 0)


def become(root: Path, command: list[str], given: list[str], config: dict[str, Any]) -> None:
    environment = dict(line.split("=", 1) for line in config["Env"])
    environment |= {name: os.environ[name] for name in given}
    mount_all(root)
    os.chroot(root)
    os.chdir(config["WorkingDir"])
    give_up_rights(config["User"])
    os.execvpe(command[0], command, environment)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    said = json.loads(sys.argv[1])
    become(Path(said["root"]), said["command"], said["given"], said["config"])
