"""Drive a server with wrk, which is quicker than any server in Python."""

import subprocess
from pathlib import Path

from benchmarks.load import Load, Outcome, wrk_program

SCRIPT = Path(__file__).with_name("wrk.lua")
# Beyond it a request counts as broken; it only ends a hang.
TIMEOUT = "30s"


def drive(load: Load) -> Outcome:
    done = subprocess.run(command(load), check=True, capture_output=True, text=True)
    return read(done.stdout, expects_error=load.endpoint.status >= 400)


def command(load: Load) -> list[str]:
    endpoint = load.endpoint
    headers = [
        part for name, text in load.headers().items() for part in ("--header", f"{name}: {text}")
    ]
    return [
        *(wrk_program() or "wrk", "--threads", "1", "--connections", str(endpoint.connections)),
        *("--duration", f"{load.seconds}s", "--timeout", TIMEOUT, "--script", str(SCRIPT)),
        *headers,
        load.url + load.fill(endpoint.path),
        *("--", f"{load.run}-", endpoint.method, load.fill(endpoint.body)),
    ]


def read(printed: str, *, expects_error: bool) -> Outcome:
    """Read the line of wrk.lua, whose times are in microseconds.

    Raises:
        ValueError: there is none.
    """
    line = next((line for line in printed.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        raise ValueError(f"wrk did not say what came of it:\n{printed}")
    requests, duration, errors, broken, p50, p99 = map(int, line.split()[1:])
    failed = (requests - errors if expects_error else errors) + broken
    return Outcome(requests, duration / 1e6, p50 / 1e3, p99 / 1e3, failed)
