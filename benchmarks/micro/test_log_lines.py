"""Lines of the log: one is written for each request."""

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from uuid import UUID

import pytest
from loguru import logger
from pytest_benchmark.fixture import BenchmarkFixture

from app.core.logging import configure_logging, write_info

FIELDS = {
    "event": "access",
    "request_id": "0123456789abcdef0123456789abcdef",
    "trace_id": "0123456789abcdef0123456789abcdef",
    "span_id": "0123456789abcdef",
    "method": "GET",
    "path": "/api/v1/items",
    "route": "/api/v1/items",
    "status": 200,
    "duration_ms": 1.25,
    "bytes": 300,
    "client": "192.0.2.1",
    "user": UUID(int=1),
    "tenant": UUID(int=2),
}


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    configure_logging("INFO")
    yield
    logger.remove()
    configure_logging.cache_clear()


def last_line(written: io.StringIO) -> dict[str, object]:
    line: dict[str, object] = json.loads(written.getvalue().splitlines()[-1])
    return line


def test_a_line_of_a_request(benchmark: BenchmarkFixture) -> None:
    """Without the system call for each line."""
    with redirect_stdout(io.StringIO()) as written:
        benchmark(write_info, "app.middleware.access_log", "request", FIELDS)

    assert last_line(written)["user"] == str(UUID(int=1))


def test_an_event(benchmark: BenchmarkFixture) -> None:
    """By way of loguru, as all other code writes it."""
    with redirect_stdout(io.StringIO()) as written:
        benchmark(logger.bind(**FIELDS).info, "request")

    assert last_line(written)["path"] == "/api/v1/items"
