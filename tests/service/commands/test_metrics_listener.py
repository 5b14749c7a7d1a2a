import http.client
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from prometheus_client import REGISTRY

from app.commands.metrics_listener import metrics_listener
from app.core.metrics.access import MetricsAccess
from app.core.metrics.series import mails

TOKEN = "Hq8vTz4KcW1nXs6Rb9LyGd3Mf0PjUe7A"


@pytest.fixture(params=["127.0.0.1", "::1", "localhost"])
def host(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def listening(access: MetricsAccess, host: str = "127.0.0.1") -> Iterator[int]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    with metrics_listener(host, port, access, REGISTRY):
        yield port


def fetch(
    port: int, path: str = "/metrics", host: str = "127.0.0.1", **headers: str
) -> tuple[int, str]:
    with closing(http.client.HTTPConnection(host, port, timeout=20)) as connection:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()


def test_the_listener_serves_the_metrics_of_the_process(host: str) -> None:
    mails.labels("sent")
    with listening(MetricsAccess(), host) as port:
        status, text = fetch(port, host=host)

    assert status == 200
    assert 'mails_total{outcome="sent"}' in text


def test_the_listener_serves_nothing_else() -> None:
    with listening(MetricsAccess(token=TOKEN)) as port:
        assert fetch(port, "/", Authorization=f"Bearer {TOKEN}")[0] == 404
        assert fetch(port, "/metrics/x", Authorization=f"Bearer {TOKEN}")[0] == 404
        assert fetch(port, Authorization=f"Bearer {TOKEN}")[0] == 200
        assert fetch(port) == (401, "")
    with listening(MetricsAccess(networks=[])) as port:
        assert fetch(port) == (403, "")


def test_a_client_that_says_nothing_keeps_nobody_waiting() -> None:
    with listening(MetricsAccess()) as port, socket.create_connection(("127.0.0.1", port)):
        assert fetch(port)[0] == 200


def test_the_listener_ends_with_its_block() -> None:
    with listening(MetricsAccess()) as port:
        pass

    with pytest.raises(ConnectionRefusedError):
        fetch(port)


def test_a_port_that_is_taken_is_an_error() -> None:
    with (
        listening(MetricsAccess()) as port,
        pytest.raises(OSError, match="in use"),
        metrics_listener("127.0.0.1", port, MetricsAccess(), REGISTRY),
    ):
        pass
