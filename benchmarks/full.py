"""A full run: the rounds, longer slices for the tails, many requests in a row, and starts."""

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import goals
from benchmarks.endpoints import DATABASE, ENDPOINTS
from benchmarks.measuring import measure, measure_slice
from benchmarks.soaking import calls_while_denied, soak
from benchmarks.starts import measure_starts, with_imports_of
from benchmarks.targets import Target
from benchmarks.verdicts import IMPORTS, SERVICES, Measured

# A slice of a second hides the requests that it does not see end.
TAIL_SECONDS = 5


def measure_all(
    targets: Sequence[Target], rounds: int, scratch: Path, say: Callable[[str], object] = print
) -> Measured:
    named = {target.name: target for target in targets}
    series = measure(targets, rounds, say=say)
    say("longer slices")
    tails = {(name, key): measure_tail(named[name], key) for name in SERVICES for key in DATABASE}
    say("many requests in a row")
    soaked = soak(named["redis"].launch, scratch / "soak.log", goals.SOAK_REQUESTS)
    calls = calls_while_denied(named["redis"])
    say("starts")
    launches = {name: target.launch for name, target in named.items()}
    launches[IMPORTS] = with_imports_of(launches["bare"], launches["redis"], scratch)
    return Measured(series, measure_starts(launches, scratch), soaked, calls, tails)


def measure_tail(target: Target, key: str) -> tuple[float, float]:
    values = {"token": target.server.sign_in()["access_token"], "deep": target.deep}
    slice_ = measure_slice(target.server, ENDPOINTS[key], values, f"tail-{key}", TAIL_SECONDS)
    return slice_.outcome.p50, slice_.outcome.p99
