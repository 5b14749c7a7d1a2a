"""Run a program beside this one: wait until it is ready, and never leave it behind."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# The shell becomes the program. The watcher beside it ends it when the pipe on standard input
# closes, which it does also when this process is killed and can clean up nothing. The log is the
# program's alone.
GUARDED = 'exec 3<&0; { read -r _ <&3; kill -INT $$ 2>/dev/null; } & exec "$@" </dev/null 3<&-'
# Both only end a hang, and are no claim about speed.
START_SECONDS, STOP_SECONDS = 60, 20


class NotReadyError(RuntimeError):
    """The message is what a program wrote that is not ready."""


@contextmanager
def running(
    command: list[str],
    log: Path,
    is_ready: Callable[[], bool],
    patience: float = STOP_SECONDS,
    **options: Any,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program until the block ends, entering it when the program is ready.

    It is ended by SIGINT, and killed if it is still there after the seconds of `patience`. Options
    are those of Popen.

    Raises:
        NotReadyError: it ended, or hung, before it was ready.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", GUARDED, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for us: we then end the program, once.
            start_new_session=True,
            **options,
        )
    try:
        _wait(process, log, is_ready)
        yield process
    finally:
        _end(process, patience)


def _wait(process: "subprocess.Popen[bytes]", log: Path, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotReadyError(log.read_text(errors="replace"))
        time.sleep(0.05)


def _end(process: "subprocess.Popen[bytes]", patience: float) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
