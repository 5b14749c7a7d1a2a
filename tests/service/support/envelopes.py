"""A Sentry of its own: it takes envelopes, and keeps them as they were sent."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Thread
from typing import Any

KEY = "b1946ac92492d2347c6235b4d2611184"


class Endpoint(ThreadingHTTPServer):
    def __init__(self, key: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._key = key
        self.envelopes: list[bytes] = []

    @property
    def dsn(self) -> str:
        return f"http://{self._key}@127.0.0.1:{self.server_port}/42"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The payloads: of an envelope, the third line is its only one."""
        return [json.loads(envelope.splitlines()[2]) for envelope in self.envelopes]


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_zipped = self.headers.get("Content-Encoding") == "gzip"
        self.server.envelopes.append(gzip.decompress(body) if is_zipped else body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def sentry_endpoint(key: str = KEY) -> Iterator[Endpoint]:
    with Endpoint(key) as endpoint:
        thread = Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield endpoint
        finally:
            endpoint.shutdown()
            thread.join()


@contextmanager
def hanging_endpoint() -> Iterator[str]:
    """Yield the DSN of a server that takes connections and never responds."""
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://{KEY}@127.0.0.1:{listener.getsockname()[1]}/42"
