"""A Redis that a test stops, starts again, and pauses as if it hung."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import redis

from tests.support.server_process import free_port
from tests.support.servers import own_redis


class FaultyRedis:
    def __init__(self) -> None:
        self._port = free_port()
        self._running = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        self._process = self._running.enter_context(own_redis(self._port))

    def stop(self) -> None:
        self._running.close()
        self._process = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop it from running while the block lasts: it takes connections and never responds."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def count_clients(self) -> int:
        """Count the connections of others."""
        with redis.Redis.from_url(self.url) as client:
            return len(client.client_list()) - 1
