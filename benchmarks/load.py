"""What a driver is given, and what it returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template
from urllib.parse import urlsplit

from benchmarks.endpoints import Endpoint
from tools.ensure_servers import SERVERS


@dataclass(frozen=True)
class Load:
    """An endpoint of one server for some seconds, with the values that its requests need.

    `chain` has what the first requests take from responses, for one connection after the other.
    """

    url: str
    endpoint: Endpoint
    values: Mapping[str, str]
    run: str
    seconds: int = 1
    chain: list[dict[str, str]] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 80)

    def fill(self, text: str, **values: str) -> str:
        return Template(text).safe_substitute({**self.values, **values})

    def headers(self, **values: str) -> dict[str, str]:
        return {name: self.fill(text, **values) for name, text in self.endpoint.headers.items()}


@dataclass(frozen=True)
class Outcome:
    """Times are in milliseconds; `failed` are the responses with another status than expected."""

    requests: int
    seconds: float
    p50: float
    p99: float
    failed: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def wrk_program() -> str | None:
    return next(server for server in SERVERS if server.name == "wrk").program_file()
