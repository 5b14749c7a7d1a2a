"""Measure the rendered service beside bare FastAPI: `make bench`."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import results
from benchmarks.arguments import ROOT, Arguments, BenchError, read_arguments
from benchmarks.assembling import assembled
from benchmarks.endpoints import ENDPOINTS
from benchmarks.full import measure_all
from benchmarks.load import wrk_program
from benchmarks.machine import apart
from benchmarks.measuring import Series, measure
from benchmarks.report import beside_bare, compare, with_traces
from tools.ensure_servers import SERVERS, ensure, install_packages, install_wheels

ROUNDS, QUICK_ROUNDS = 9, 3
# No round begins that would last longer, so that all ends within three minutes on a busy machine.
QUICK_SECONDS = 165.0
NEEDED = tuple(server for server in SERVERS if server.required or server.name == "wrk")


def main() -> int:
    try:
        return run(read_arguments())
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1


def run(arguments: Arguments) -> int:
    begun = time.monotonic()
    find_programs()
    with (
        TemporaryDirectory(prefix="groundwork-bench-") as folder,
        apart() as core,
        assembled(arguments, Path(folder), core) as targets,
    ):
        if arguments.quick:
            series = measure(targets, QUICK_ROUNDS, begun + QUICK_SECONDS)
        elif arguments.against:
            series = measure(targets, ROUNDS)
        else:
            measured = measure_all(targets, ROUNDS, Path(folder))
            results.write(measured)
            series = measured.series
    print(f"\n{time.monotonic() - begun:.0f} s. Median (quartiles) of the rounds.\n")
    names = [target.name for target in targets if target.name != "bare" and not target.only]
    return say(arguments, names, series)


def say(arguments: Arguments, names: list[str], series: Series) -> int:
    """Print what came of it, and return the code to exit with."""
    if arguments.against:
        print(compare(series, *names))
        # Three rounds find what is worth a look; they convict nobody.
        return 1 if slower(series, *names) and not arguments.quick else 0
    print(beside_bare(series, names))
    print(f"\n{with_traces(series)}")
    if not arguments.quick:
        print(f"\nThe goals: {results.RESULTS.relative_to(ROOT)}")
    return 0


def find_programs() -> None:
    ensure(NEEDED, (install_packages, install_wheels))
    if not wrk_program():
        print("A driver in Python takes the place of wrk; it is slower than /health/live.")


def slower(series: Series, target: str, reference: str) -> list[str]:
    verdicts = {
        endpoint.key: series.ratio(target, reference, endpoint).verdict
        for endpoint in ENDPOINTS.values()
    }
    return [key for key, verdict in verdicts.items() if verdict == "slower"]


if __name__ == "__main__":
    sys.exit(main())
