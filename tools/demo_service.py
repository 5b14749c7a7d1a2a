"""What `make demo` does with one service."""

import http.client
import os
import re
import shlex
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import copier
from copier.errors import CopierWarning

from tools.demo_answers import DemoError, demo_name
from tools.running import NotReadyError, running

TEMPLATE = Path(__file__).resolve().parent.parent
DEMOS = TEMPLATE / ".demo"
HOST = "127.0.0.1"
EMAIL = "owner@example.com"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Of the person's shell, but not meant for the service's own make and uv.
FOREIGN = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV"}


@dataclass(frozen=True)
class Demo:
    """A service. Its log and first login lie beside its folder, which is as Copier made it."""

    answers: dict[str, str]
    port: int

    @property
    def folder(self) -> Path:
        return DEMOS / demo_name(self.answers)

    @property
    def log(self) -> Path:
        return DEMOS / f"{self.folder.name}.log"

    @property
    def login(self) -> Path:
        return DEMOS / f"{self.folder.name}.login"

    @property
    def app(self) -> list[str]:
        return [str(self.folder / ".venv" / "bin" / "python"), "-m", "app"]


def render(demo: Demo) -> None:
    """Render the working tree, whole or not at all.

    Raises:
        DemoError: Copier refused an answer, or could not render.
    """
    DEMOS.mkdir(exist_ok=True)
    demo.login.unlink(missing_ok=True)
    with TemporaryDirectory(dir=DEMOS, prefix=".") as half, warnings.catch_warnings():
        # Uncommitted changes and shallow clones are both welcome here.
        warnings.simplefilter("ignore", CopierWarning)
        try:
            copier.run_copy(
                str(TEMPLATE),
                Path(half) / "service",
                data=demo.answers,
                defaults=True,
                quiet=True,
                vcs_ref="HEAD",
            )
        # Copier lets through whatever git, Jinja and YAML raise.
        except Exception as error:
            raise DemoError(str(error)) from error
        (Path(half) / "service").rename(demo.folder)


def make(demo: Demo, target: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    _run(demo, ["make", target, f"UV={uv}"])


def sign_up(demo: Demo) -> str:
    """Make the first owner once, and return the lines that say how to sign in."""
    if not demo.login.exists():
        said = _run(demo, [*demo.app, "create-owner", "--email", EMAIL])
        password = re.search(r"^password: .+$", said, re.MULTILINE)
        if not password:
            raise DemoError(f"{_tail(said)}\ncreate-owner printed no password.")
        demo.login.touch(mode=0o600)
        demo.login.write_text(f"email: {EMAIL}\n{password[0]}\n")
    return demo.login.read_text().rstrip()


@contextmanager
def serving(demo: Demo) -> Iterator[Callable[[], None]]:
    """Run the server until the block ends; enter it when the server is ready.

    Yields a function that returns never: it raises when the server stops by itself.
    """

    def is_ready() -> bool:
        return _is_ready(demo.port)

    try:
        with running(
            [*demo.app, "serve"], demo.log, is_ready, cwd=demo.folder, env=_environment(demo)
        ) as process:

            def stopped_by_itself() -> None:
                process.wait()
                raise DemoError(f"{_tail(demo.log.read_text())}\nThe service stopped by itself.")

            try:
                yield stopped_by_itself
            finally:
                # A second Ctrl-C is no reason to leave it behind.
                for number in SIGNALS:
                    signal.signal(number, signal.SIG_IGN)
    except NotReadyError as error:
        raise DemoError(f"{_tail(str(error))}\nThe service did not start.") from error


def _run(demo: Demo, command: list[str]) -> str:
    done = subprocess.run(
        command,
        cwd=demo.folder,
        env=_environment(demo),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DemoError(f"{_tail(done.stdout)}\nThis failed: {shlex.join(command)}")
    return done.stdout


def _environment(demo: Demo) -> dict[str, str]:
    """Keep from the service what its settings would be read from: it has its .env."""
    example = (demo.folder / ".env.example").read_text()
    foreign = FOREIGN | set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE))
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return kept | {"ENVIRONMENT": "development", "HOST": HOST, "PORT": str(demo.port)}


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _tail(text: str) -> str:
    return "\n".join(text.splitlines()[-20:])
