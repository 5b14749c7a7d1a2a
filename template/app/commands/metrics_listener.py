"""/metrics on a port of its own, for the process that owns the workers."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from socket import AF_INET, AF_INET6
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

from app.core.metrics.access import MetricsAccess

Respond = Callable[..., Any]
Application = Callable[[dict[str, Any], Respond], Iterable[bytes]]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        self.address_family = AF_INET6 if ":" in host else AF_INET
        super().__init__((host, port), _Handler)


class _Handler(WSGIRequestHandler):
    # Seconds in which a request has to be there: each connection holds a thread.
    timeout = 10

    def log_message(self, *_: object) -> None:
        """Logs nothing: scrapes come every few seconds."""


def make_metrics_app(access: MetricsAccess, registry: CollectorRegistry) -> Application:
    expose: Application = make_wsgi_app(registry)

    def metrics_app(environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        refusal = access.find_refusal([environ["REMOTE_ADDR"]], authorization)
        if environ["PATH_INFO"] != "/metrics":
            refusal = HTTPStatus.NOT_FOUND
        if refusal is None:
            return expose(environ, respond)
        respond(f"{refusal.value} {refusal.phrase}", [("WWW-Authenticate", "Bearer")])
        return [b""]

    return metrics_app


@contextmanager
def metrics_listener(
    host: str, port: int, access: MetricsAccess, registry: CollectorRegistry
) -> Iterator[None]:
    """Serves /metrics until the block ends.

    Raises:
        OSError: somebody else listens there.
    """
    with _Server(host, port) as server:
        server.set_app(make_metrics_app(access, registry))
        thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
