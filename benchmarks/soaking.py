"""Many requests in a row: what they leave in memory and Redis, and what refusals ask of Redis."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle

import redis

from benchmarks.arguments import BenchError
from benchmarks.endpoints import ENDPOINTS, STRANGERS
from benchmarks.machine import resident_mib
from benchmarks.measuring import exhaust, measure_slice
from benchmarks.targets import WINDOW_SECONDS, Target

MIXED = (*(ENDPOINTS[key] for key in ("health", "me", "list")), STRANGERS)
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


def soak(target: Target, requests: int) -> Soak:
    """Send requests of several kinds; memory counts from the first of each kind on."""
    sent, most, first, end = 0, 0, None, time.monotonic() + PATIENCE
    with connected(target) as client:
        for number, endpoint in enumerate(cycle(MIXED)):
            values = {"token": target.server.sign_in()["access_token"]}
            run = f"soak-{number}"
            slice_ = measure_slice(target.server, endpoint, values, run, SLICE_SECONDS)
            sent += slice_.outcome.requests
            most = max(most, int(client.dbsize()))
            if number == len(MIXED) - 1:
                first = resident_mib(target.server.process.pid)
            if number >= len(MIXED) and (sent >= requests or time.monotonic() > end):
                break
        last = resident_mib(target.server.process.pid)
        time.sleep(2 * WINDOW_SECONDS)
        left = int(client.dbsize())
    return Soak(sent, last / first - 1 if first and last else None, most, left)


def calls_while_denied(target: Target) -> int:
    """Count the decisions that Redis makes for a client that has been refused."""
    if target.refusing is None:
        raise BenchError(f"{target.name} refuses nothing.")
    denied = ENDPOINTS["denied"]
    with connected(target) as client:
        exhaust(target.refusing, denied)
        before = decisions(client)
        measure_slice(target.refusing, denied, {}, "calls")
        return decisions(client) - before


def decisions(client: "redis.Redis") -> int:
    stats = client.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("eval", "evalsha"))


@contextmanager
def connected(target: Target) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(target.launch.environment["REDIS_URL"]) as client:
        yield client
