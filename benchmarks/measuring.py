"""Measure endpoints in slices of a second, the targets one after the other within each round."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks import client, wrk
from benchmarks.arguments import BenchError
from benchmarks.endpoints import ENDPOINTS, Endpoint
from benchmarks.judging import Ratio, paired
from benchmarks.load import Load, Outcome, wrk_program
from benchmarks.machine import cpu_seconds
from benchmarks.targets import Server, Target

EachT = TypeVar("EachT")

# Of the requests of a slice, more than this share may not fail.
FAILURES = 0.01
# More than the requests that an address may make.
MANY = 150


@dataclass(frozen=True)
class Slice:
    outcome: Outcome
    cpu_us: float | None


@dataclass
class Series:
    """The slices of each target and endpoint, in the order of the rounds."""

    slices: dict[tuple[str, str], list[Slice]] = field(default_factory=lambda: defaultdict(list))

    def of(self, target: str, endpoint: str) -> list[Slice]:
        return self.slices[target, endpoint]

    def rates(self, target: str, endpoint: str) -> list[float]:
        return [each.outcome.rate for each in self.of(target, endpoint)]

    def ratio(self, target: str, reference: str, endpoint: Endpoint) -> Ratio:
        """Compare two targets, by the rates of each round."""
        other = endpoint.compared_with if reference == "bare" else endpoint.key
        return paired(self.rates(target, endpoint.key), self.rates(reference, other))


def measure(
    targets: Sequence[Target],
    rounds: int,
    until: float | None = None,
    say: Callable[[str], object] = print,
) -> Series:
    """Measure every endpoint of every target, in fewer rounds if another would last too long.

    Raises:
        BenchError: requests fail.
    """
    series = Series()
    begun = time.monotonic()
    for number in range(rounds):
        last, begun = begun, time.monotonic()
        if number and until and begun + (begun - last) > until:
            break
        tokens = {target.name: target.server.sign_in()["access_token"] for target in targets}
        for endpoint in ENDPOINTS.values():
            # Nobody is always the first.
            for target in rotated(targets, number):
                if server := server_of(target, endpoint):
                    values = {"token": tokens[target.name], "deep": target.deep}
                    run = f"{number}-{target.name}-{endpoint.key}"
                    slice_ = measure_slice(server, endpoint, values, run)
                    series.of(target.name, endpoint.key).append(slice_)
        say(f"round {number + 1} of {rounds}: {time.monotonic() - begun:.0f} s")
    return series


def rotated(targets: Sequence[EachT], number: int) -> list[EachT]:
    first = number % len(targets)
    return [*targets[first:], *targets[:first]]


def server_of(target: Target, endpoint: Endpoint) -> Server | None:
    """The server of a target that has the endpoint: nothing is refused by the bare app."""
    if target.only and endpoint.key not in target.only:
        return None
    return target.refusing if endpoint.refused else target.server


def measure_slice(
    server: Server, endpoint: Endpoint, values: dict[str, str], run: str, seconds: int = 1
) -> Slice:
    load = Load(server.url, endpoint, values, run, seconds, make_chain(server, endpoint))
    if endpoint.refused:
        exhaust(server, endpoint)
    before = cpu_seconds(server.process.pid)
    outcome = drive_beside(load, ENDPOINTS[endpoint.beside]) if endpoint.beside else drive(load)
    after = cpu_seconds(server.process.pid)
    if outcome.failed > FAILURES * outcome.requests or not outcome.requests:
        raise BenchError(
            f"{outcome.failed} of {outcome.requests} responses of {endpoint.title} at {server.url}"
            f" are not {endpoint.status}."
        )
    if before is None or after is None or endpoint.beside:
        return Slice(outcome, None)
    return Slice(outcome, (after - before) / outcome.requests * 1e6)


def drive(load: Load) -> Outcome:
    """With wrk where it can."""
    if wrk_program() and not load.endpoint.takes:
        return wrk.drive(load)
    return client.drive(load)


def drive_beside(load: Load, busy: Endpoint) -> Outcome:
    """Drive one endpoint while another is kept busy."""
    other = Load(load.url, busy, load.values, load.run, load.seconds + 1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(drive, other)
        # Until its first hashes run.
        time.sleep(0.3)
        outcome = drive(load)
        running.result()
    return outcome


def make_chain(server: Server, endpoint: Endpoint) -> list[dict[str, str]]:
    """Get what the first request of each connection takes from a response."""
    if not endpoint.takes:
        return []
    number = endpoint.connections
    if "refresh_token" in endpoint.takes:
        found = [server.sign_in() for _ in range(number)]
    else:
        found = server.list_items()["items"][:number]
    return [{name: each[name] for name in endpoint.takes} for each in found]


def exhaust(server: Server, endpoint: Endpoint) -> None:
    """Send requests until the server refuses them.

    Raises:
        BenchError: it refuses none.
    """
    for _ in range(MANY):
        if server.client.get(endpoint.path).status_code == endpoint.status:
            return
    raise BenchError(f"{MANY} requests in a row were not refused at {server.url}.")
