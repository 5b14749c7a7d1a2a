"""The image, built by buildah on what stands in for its base: tests/support/stand_in_base.py.

It runs as an orchestrator would run it: tests/support/in_container.py.
"""

import os
import re
import stat
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.support.buildah import Buildah, in_container
from tests.support.index_secrets import index_secrets
from tests.support.processes import Process, serving
from tests.support.pythons import found_pythons, newest_python
from tests.support.rendering import UV, clean_environment, commit, git, run
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, Services
from tests.support.team_edits import ADDED, add_below
from tools.running import STOP_SECONDS

VERSION = "2.1.0"
# In settings of the index, in files that stay out, and in no layer.
MARK = "Zp3kVd0Rw9sXq7LmTf2HbYc8NgJ5uAe1"
STAYS_OUT = (
    *(".env", ".git/notes", "app/.env", "app/api/.env.production", "app/auth/key.pem"),
    *("app/core/tls.key", "app/__pycache__/old.pyc", "notes.md", "tests/test_secret.py"),
)
SETTINGS = {"ENVIRONMENT": "test", "JWT_SECRET": "Hq8vTz4KcW1nXs6Rb9LyGd3Mf0PjUe7A"}
TRY_TO_WRITE = """
import errno, pathlib
tries = {"/": errno.EROFS, "/service": errno.EROFS, "/venv": errno.EROFS, "/tmp": 0}
for folder, expected in tries.items():
    try:
        pathlib.Path(folder, "new").touch()
        number = 0
    except OSError as exc:
        number = exc.errno
    assert number == expected, (folder, number)
"""


@dataclass
class Image:
    buildah: Buildah
    root: Path
    description: dict[str, Any]
    revision: str

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = self.description["config"]
        return config

    def run(self, *command: str, **given: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            in_container(self.buildah, self.root, self.config, list(command), *given),
            env=clean_environment() | given,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def serving(self, log: Path, **given: str) -> Iterator[Process]:
        given = SETTINGS | given
        names = ("HOST", "PORT", "LOG_FORMAT", *given)
        command = in_container(self.buildah, self.root, self.config, self.config["Cmd"], *names)
        with serving(self.root, log, command, **given) as process:
            yield process

    def stop(self, process: Process) -> int:
        """Send SIGTERM, as an orchestrator does, and return the exit code."""
        command = ["kill", "-TERM", str(process_one(process))]
        subprocess.run([*self.buildah.unshared(), *command], check=True)
        return process.popen.wait(3 * STOP_SECONDS)

    @cached_property
    def files(self) -> dict[str, Path]:
        found = (path for path in self.root.rglob("*") if path.is_file() or path.is_symlink())
        return {path.relative_to(self.root).as_posix(): path for path in found}


@pytest.fixture(scope="module")
def image(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """That of a service whose team builds something, too, where no file is open to others."""
    service = services.copied(EVERYTHING.answers, tmp_path_factory.mktemp("context") / "service")
    text = (service / "Dockerfile").read_text(encoding="utf-8")
    for anchor, lines in ADDED["Dockerfile"].items():
        text = add_below(text, anchor, lines)
    (service / "Dockerfile").write_text(text, encoding="utf-8")
    for path in (service / "app").rglob("*.py"):
        path.chmod(0o600)
    git(service, "init", "--quiet")
    commit(service, "Birth")
    for name in STAYS_OUT:
        (service / name).parent.mkdir(exist_ok=True)
        (service / name).write_text(MARK)
    revision = git(service, "rev-parse", "HEAD").strip()

    folder = tmp_path_factory.mktemp("buildah")
    buildah = Buildah(folder)
    buildah.make_base()
    secrets = index_secrets(folder, found_pythons()[newest_python()], MARK)
    build = [f"DOCKER={' '.join(buildah.command)}", f"ARGS={' '.join(['--pull-never', *secrets])}"]
    said = (f"UV={UV}", f"VERSION={VERSION}")
    run(service, "make", "image", *said, *build, **buildah.environment)
    tag = f"my-service:{VERSION}"
    return Image(buildah, buildah.unpack(tag), buildah.inspect(tag), revision)


def process_one(process: Process) -> int:
    """Return the id that we know the container's first process by."""
    [found] = [pid for pid in descendants(process.popen.pid) if namespaced_id(pid) == 1]
    return found


def descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            yield child
            yield from descendants(child)


def namespaced_id(pid: int) -> int:
    return int(read_status(pid)["NSpid"].split()[-1])


def read_status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines)


def test_it_has_what_runs_and_nothing_that_installs_or_builds(image: Image) -> None:
    names = {path.rpartition("/")[2] for path in image.files}

    assert names & {"uv", "uvx", "pip", "pip3", "gcc", "cc", "make", "git"} == set()
    assert [name for name in image.files if "/ensurepip/" in name or "/pip/" in name] == []
    assert image.files["usr/local/lib/libpq.so"].read_text() == "of the team\n"


def test_it_has_no_secret_no_test_and_no_history(image: Image) -> None:
    inside = {path.name for path in (image.root / "service").iterdir()}
    expected = {".copier-answers.yml", "alembic.ini", "app", "pyproject.toml", "scripts", "uv.lock"}

    # The last one is compiled from what lies beside them.
    assert inside - {"__pycache__"} == expected
    assert image.files.keys() & {f"service/{name}" for name in STAYS_OUT} == set()
    assert image.files["service/app/built.txt"].read_text() == "of the build\n"
    marked = [name for name, path in image.files.items() if MARK.encode() in read(path)]
    assert marked == []
    assert MARK not in str(image.description)


def read(path: Path) -> bytes:
    return b"" if path.is_symlink() else path.read_bytes()


def test_its_modules_are_compiled(image: Image) -> None:
    """Nothing can be written where it runs, and a stale file would be compiled at each start."""
    tag = image.run("python", "-c", "import sys; print(sys.implementation.cache_tag)").stdout
    sources = [
        path
        for name, path in image.files.items()
        if name.startswith(("service/", "venv/lib/")) and name.endswith(".py")
    ]

    assert image.root / "service/app/main.py" in sources
    assert [path for path in sources if not is_compiled(path, tag.strip())] == []


def is_compiled(source: Path, tag: str) -> bool:
    """Whether Python takes the compiled file for that of the source: PEP 552."""
    compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
    if not compiled.exists():
        return False
    _, flags, modified, size = struct.unpack("<4sIII", compiled.read_bytes()[:16])
    status = source.stat()
    return bool(flags) or (modified, size) == (int(status.st_mtime), status.st_size)


def test_it_says_what_it_is(image: Image) -> None:
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in image.config["Labels"].items()
    }
    del labels["io.buildah.version"]
    [platform] = [
        line.partition(": ")[2]
        for line in image.files["service/.copier-answers.yml"].read_text().splitlines()
        if line.startswith("_commit: ")
    ] or ["unknown"]

    assert labels == {
        "title": "my-service",
        "vendor": "platform-team",
        "version": VERSION,
        "revision": image.revision,
        "platform.version": platform,
    }
    said = image.run("python", "-m", "app", "version").stdout
    assert said == f"My Service {VERSION}, platform {platform}\n"
    assert image.config["User"] == "10001:10001"
    # Words and no shell, so that signals arrive.
    assert image.config["Cmd"] == ["python", "-m", "app", "serve"]
    assert image.config["Healthcheck"]["Test"][0] == "CMD"


def test_its_files_are_read_only(image: Image) -> None:
    done = image.run("python", "-c", TRY_TO_WRITE)

    assert done.returncode == 0, done.stderr
    # Where an orchestrator allows writing, its user cannot either.
    statuses = {name: path.lstat() for name, path in image.files.items() if not path.is_symlink()}
    assert {status.st_uid for status in statuses.values()} == {os.geteuid()}
    assert [name for name, status in statuses.items() if status.st_mode & stat.S_IWOTH] == []


def test_its_migrations_run_and_it_serves_and_ends(
    image: Image, postgres: Postgres, tmp_path: Path
) -> None:
    database = {"DATABASE_URL": postgres.create_database()}
    migrated = image.run("alembic", "upgrade", "heads", **SETTINGS, **database)
    assert migrated.returncode == 0, migrated.stderr

    with image.serving(tmp_path / "log", **database) as process:
        status = read_status(process_one(process))
        health = process.client.get("/health").json()
        ready = process.client.get("/health/ready")
        probe = image.config["Healthcheck"]["Test"][1:]
        port = str(process.client.base_url.port)
        healthy, absent = (image.run(*probe, PORT=each) for each in (port, "1"))
        assert image.stop(process) == 0

    assert (status["Uid"].split()[0], status["Gid"].split()[0]) == ("10001", "10001")
    assert {status[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Groups"].strip()) == ("1", "")
    assert health["version"] == VERSION
    assert ready.status_code == 200, ready.text
    assert (healthy.returncode, absent.returncode) == (0, 1), healthy.stderr


def test_its_workers_count_in_memory(
    image: Image, postgres: Postgres, redis: Redis, tmp_path: Path
) -> None:
    given = {"DATABASE_URL": postgres.create_database(), "REDIS_URL": redis.empty_url(1)}
    with image.serving(tmp_path / "log", WORKERS="2", **given) as process:
        for _ in range(20):
            process.client.get("/api/v1/items")
        metrics = process.client.get("/metrics").text
        assert image.stop(process) == 0

    counted = 'http_requests_total{handler="/api/v1/items",method="GET",status="401"} 20.0'
    assert counted in metrics


def test_it_is_as_small_as_the_documentation_says(image: Image, services: Services) -> None:
    text = (services.rendered(EVERYTHING.answers) / "docs/image.md").read_text(encoding="utf-8")
    for folder in ("venv", "service"):
        files = [path for name, path in image.files.items() if name.startswith(f"{folder}/")]
        size = sum(path.lstat().st_size for path in files) / 2**20
        [said] = re.findall(rf"`/{folder}` \| (\d+) MiB", text)
        assert size == pytest.approx(int(said), rel=0.2, abs=1)
