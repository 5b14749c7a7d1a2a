"""Many requests in a row: what they leave in memory and Redis, and what refusals ask of Redis."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import redis

from benchmarks.arguments import BenchError
from benchmarks.endpoints import ENDPOINTS, STRANGERS, Endpoint
from benchmarks.machine import resident_mib
from benchmarks.measuring import exhaust, measure_slice
from benchmarks.targets import WINDOW_SECONDS, Launch, Server, Target, started

MIXED = (*(ENDPOINTS[key] for key in ("health", "me", "list")), STRANGERS)
# The driver then speaks for many addresses.
BEHIND_PROXY = {"TRUSTED_PROXIES": "127.0.0.1/32"}
SLICE_SECONDS = 4
# On a machine that is too slow for all of them: the requests are counted.
PATIENCE = 180


@dataclass(frozen=True)
class Soak:
    """The share by which memory grew, the most keys of Redis, and those left after a window."""

    requests: int
    growth: float | None
    most_keys: int
    keys_left: int


def soak(launch: Launch, log: Path, requests: int) -> Soak:
    """Send requests of several kinds to a new server; memory counts from the first of each on."""
    given = replace(launch, environment={**launch.environment, **BEHIND_PROXY})
    sent, most, first, end = 0, 0, None, time.monotonic() + PATIENCE
    with started(given, log) as server, connected(launch) as client:
        for number, endpoint in enumerate(cycle(MIXED), start=1):
            sent += send(server, endpoint, number)
            most = max(most, int(client.dbsize()))
            if number == len(MIXED):
                first = resident_mib(server.process.pid)
            if number > len(MIXED) and (sent >= requests or time.monotonic() > end):
                break
        last = resident_mib(server.process.pid)
        time.sleep(2 * WINDOW_SECONDS)
        growth = last / first - 1 if first and last else None
        return Soak(sent, growth, most, int(client.dbsize()))


def send(server: Server, endpoint: Endpoint, number: int) -> int:
    """Return how many requests a slice had."""
    values = {"token": server.sign_in()["access_token"]}
    slice_ = measure_slice(server, endpoint, values, f"soak-{number}", SLICE_SECONDS)
    return slice_.outcome.requests


def calls_while_denied(target: Target) -> int:
    """Count the decisions that Redis makes for a client that has been refused."""
    if target.refusing is None:
        raise BenchError(f"{target.name} refuses nothing.")
    denied = ENDPOINTS["denied"]
    with connected(target.launch) as client:
        exhaust(target.refusing, denied)
        before = decisions(client)
        measure_slice(target.refusing, denied, {}, "calls")
        return decisions(client) - before


def decisions(client: "redis.Redis") -> int:
    stats = client.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("eval", "evalsha"))


@contextmanager
def connected(launch: Launch) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(launch.environment["REDIS_URL"]) as client:
        yield client
