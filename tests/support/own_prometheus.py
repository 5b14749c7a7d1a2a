"""Debian's Prometheus with the rules of a service, in shorter time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.support.monitoring import scale, with_token
from tests.support.optional_servers import program_of
from tests.support.server_process import free_port, running_server, scratch_folder

DURATIONS = yaml.safe_load(Path(__file__).with_name("durations.yml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Span:
    """Some time, in seconds, and how often one looks."""

    start: float
    end: float
    step: float = 0.5

    @property
    def seconds(self) -> float:
        return self.end - self.start

    def place(self, moment: float) -> float:
        return (moment - self.start) / self.seconds


class OwnPrometheus:
    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def is_ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return self._client.get("/-/ready").is_success
        return False

    def firing(self) -> set[str]:
        alerts = self._get("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def has_series(self, selector: str) -> bool:
        return bool(self._get("series", **{"match[]": selector}))

    def read(
        self, query: str, span: Span
    ) -> Iterator[tuple[dict[str, str], list[tuple[float, float]]]]:
        """Yield the labels of each series, and its values over some time."""
        given = {"start": str(span.start), "end": str(span.end), "step": str(span.step)}
        for series in self._get("query_range", query=query, **given)["result"]:
            values = [(float(at), float(value)) for at, value in series["values"]]
            # What share of no requests at all have failed?
            yield series["metric"], [each for each in values if not isnan(each[1])]

    def names_of_rules(self) -> list[str]:
        groups = self._get("rules")["groups"]
        return [rule["name"] for group in groups for rule in group["rules"]]

    def faults_of_rules(self) -> list[str]:
        groups = self._get("rules")["groups"]
        return [
            error for group in groups for rule in group["rules"] if (error := rule.get("lastError"))
        ]

    def _get(self, path: str, **parameters: str) -> Any:
        response = self._client.get(f"/api/v1/{path}", params=parameters)
        return response.raise_for_status().json()["data"]


@contextmanager
def own_prometheus(service: Path, metrics_port: int, token: str) -> Iterator[OwnPrometheus]:
    """Scrape a service and evaluate its rules, until the block ends."""
    program, port = program_of("Prometheus"), free_port()
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)
    with client, scratch_folder() as folder:
        prometheus = OwnPrometheus(client)
        configuration = configure(service, folder, f"127.0.0.1:{metrics_port}", token)
        command = [program, f"--config.file={configuration}", f"--storage.tsdb.path={folder}/data"]
        command.append(f"--web.listen-address=127.0.0.1:{port}")
        with running_server(command, folder, prometheus.is_ready):
            yield prometheus


def configure(service: Path, folder: Path, target: str, token: str) -> Path:
    copied = with_token(service, folder, token)
    for path in copied.rglob("*.yml"):
        path.write_text(scale(path.read_text(encoding="utf-8"), DURATIONS), encoding="utf-8")
    configuration = copied / "prometheus.yml"
    text = configuration.read_text(encoding="utf-8")
    assert text.count("app:9000") == 1
    configuration.write_text(text.replace("app:9000", target), encoding="utf-8")
    return configuration
