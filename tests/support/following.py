"""Clients that send requests where readiness is 200, and count those that they lose."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httpx

# How often readiness is read, in seconds, and how many clients send.
INTERVAL, CLIENTS = 0.05, 6
# Ends a hang.
SECONDS = 60


@dataclass
class Clients:
    """They stop when no instance is ready."""

    urls: Sequence[str]
    path: str
    served: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ready = list(self.urls)

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + SECONDS
        while len(self.served) < count:
            assert time.monotonic() < deadline, self.lost
            time.sleep(INTERVAL)

    def watch(self, url: str) -> None:
        """Read readiness until it is not 200, on one connection as long as it lasts."""
        with httpx.Client(base_url=url, timeout=SECONDS) as client, suppress(httpx.HTTPError):
            while client.get("/health/ready").status_code == httpx.codes.OK:
                time.sleep(INTERVAL)
        self._ready.remove(url)

    def send(self) -> None:
        with httpx.Client(timeout=SECONDS) as client:
            number = 0
            while ready := list(self._ready):
                number += 1
                url = ready[number % len(ready)]
                try:
                    client.get(f"{url}{self.path}").raise_for_status()
                except httpx.HTTPError as exc:
                    self.lost.append(repr(exc))
                else:
                    self.served.append(url)


@contextmanager
def following(urls: Sequence[str], path: str) -> Iterator[Clients]:
    """Send requests while the block runs and until no instance is ready."""
    clients = Clients(urls, path)
    with ThreadPoolExecutor() as threads:
        running = [threads.submit(clients.watch, url) for url in urls]
        running += [threads.submit(clients.send) for _ in range(CLIENTS)]
        yield clients
        for each in running:
            each.result(SECONDS)
