"""Build images and look into them without a daemon: Debian's buildah, in a store of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.optional_servers import program_of
from tests.support.pythons import found_pythons, newest_python
from tests.support.rendering import clean_environment
from tests.support.stand_in_base import make_root

BASE = "docker.io/library/python:3.13-slim"
MAKE_BASE = """
FROM scratch
COPY root /
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
RUN python -m ensurepip --default-pip && rm -rf /root/.cache
CMD ["python3"]
"""
INSIDE = Path(__file__).with_name("in_container.py")


class Buildah:
    def __init__(self, folder: Path) -> None:
        self._program = program_of("buildah")
        self._folder = folder
        store = [f"--root={folder}/store", f"--runroot={folder}/run", "--storage-driver=vfs"]
        # Begins each command.
        self.command = [*self.unshared(), self._program, *store]
        # Docker's own format: that of OCI has no HEALTHCHECK.
        self.environment = {
            "BUILDAH_FORMAT": "docker",
            "BUILDAH_ISOLATION": "chroot",
            "TMPDIR": str(folder),
        }

    def make_base(self) -> None:
        """Put what stands in for the base at the official one's name."""
        context = self._folder / "base"
        make_root(context / "root", found_pythons()[newest_python()])
        (context / "Dockerfile").write_text(MAKE_BASE, encoding="utf-8")
        self._run("build", "--tag", BASE, str(context))

    def inspect(self, tag: str) -> dict[str, Any]:
        image: dict[str, Any] = json.loads(self._run("inspect", "--type", "image", tag))["Docker"]
        return image

    def unpack(self, tag: str) -> Path:
        """Return the folder that has the files of an image."""
        container = self._run("from", tag).strip()
        return Path(self._run("mount", container).strip())

    def _run(self, command: str, *arguments: str) -> str:
        done = subprocess.run(
            [*self.command, command, *arguments],
            env=clean_environment() | self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"buildah {command}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def unshared(self) -> list[str]:
        """Begin a command with this where root does not run the suite."""
        return [] if os.geteuid() == 0 else [self._program, "unshare"]


def in_container(
    buildah: Buildah, root: Path, config: dict[str, Any], command: list[str], *given: str
) -> list[str]:
    """Make the command that runs one in an image, as process 1, with these variables of ours."""
    said = {"root": str(root), "command": command, "given": given, "config": config}
    begin = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    return [*buildah.unshared(), *begin, sys.executable, str(INSIDE), json.dumps(said)]
