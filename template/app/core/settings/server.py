"""The process: where it listens, what it logs, and who reads its metrics."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from app.core.metrics.access import MetricsAccess
from app.core.settings.errors import SettingError
from app.core.settings.group import SettingsGroup
from app.core.settings.hosts import ListeningHost
from app.core.settings.types import Networks, Seconds


def _check_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch("[!-~]+", token.get_secret_value()):
        raise SettingError("must be printable ASCII without blanks")
    return token


def _check_root_path(path: str) -> str:
    if not re.fullmatch("(/[A-Za-z0-9._~-]+)*", path):
        raise SettingError("must begin with a slash and not end with one, as in /shop")
    return path


Port = Annotated[int, Field(ge=1, le=65535)]
RootPath = Annotated[str, AfterValidator(_check_root_path)]
Token = Annotated[SecretStr, AfterValidator(_check_token)]

# What load balancers take to notice that an instance is not ready.
_PRODUCTION_DRAIN_SECONDS = 5
# For pools and buffers to close, when the requests have ended.
CLOSE_SECONDS = 3


class ServerSettings(SettingsGroup):
    version: str = "0.0.0"
    host: ListeningHost = "127.0.0.1"
    port: Port = 8000
    root_path: RootPath = ""
    workers: int = Field(default=1, ge=1, le=256)
    keep_alive_seconds: int = Field(default=75, ge=1, le=86_400)
    shutdown_drain_seconds: float | None = Field(default=None, ge=0, le=3_600, allow_inf_nan=False)
    shutdown_grace_seconds: Seconds = 20
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] | None = None

    metrics_port: Port | None = None
    metrics_token: Token | None = None
    metrics_networks: Networks | None = None

    @property
    def logs_text(self) -> bool:
        if self.log_format is None:
            return self.environment == "development"
        return self.log_format == "text"

    @property
    def drain_seconds(self) -> float:
        if self.shutdown_drain_seconds is None:
            return _PRODUCTION_DRAIN_SECONDS if self.is_production else 0
        return self.shutdown_drain_seconds

    @property
    def stop_seconds(self) -> float:
        """How long a process takes to end at most, after the signal."""
        return self.drain_seconds + self.shutdown_grace_seconds + CLOSE_SECONDS

    @property
    def metrics_access(self) -> MetricsAccess:
        token = self.metrics_token.get_secret_value() if self.metrics_token else None
        return MetricsAccess(token, self.metrics_networks)

    @property
    def reads_metrics_by_network(self) -> bool:
        """Whether a client's network alone lets it read the metrics."""
        return self.metrics_port is None and self.metrics_token is None

    def find_faults(self) -> Iterator[str]:
        yield from super().find_faults()
        if self.metrics_port == self.port:
            yield "METRICS_PORT: is PORT, and clients would read the metrics"
        if self.workers > 1 and (reason := self.shares_nothing_because):
            yield f"WORKERS: each would allow all of every limit, as {reason}: set it to 1"
        if not self.is_production:
            return
        if self.log_level == "DEBUG":
            yield "LOG_LEVEL: DEBUG writes down what clients send"
        if self.metrics_port is None and self.metrics_access == MetricsAccess():
            yield (
                "METRICS_PORT: give /metrics a port that clients do not reach,"
                " or set METRICS_TOKEN or METRICS_NETWORKS"
            )
        if any(network.prefixlen == 0 for network in self.metrics_networks or ()):
            yield "METRICS_NETWORKS: name the networks, '*' lets anybody read"
