"""The rules, dashboards and runbook of a service, read for tests."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

TOKEN_FILE = "/run/secrets/metrics-token"
PLACE = "deploy/monitoring"
OBJECTIVES = "alerts/objectives.yml"
# A window in brackets, or the value of a key.
DURATION = re.compile(r"(?<=\[)\d+\w(?=\])|(?<=\bfor: )\w+|(?<=_interval: )\w+")
# What a name in PromQL may be that is no series.
LISTS = "by|group_left|group_right|ignoring|on|without"
WORDS = {"and", "bool", "offset", "or", "unless", *LISTS.split("|")}
NO_SERIES = re.compile(rf'\b(?:{LISTS}) *\([^)]*\)|\[[^\]]*\]|"[^"]*"')
SELECTOR = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\b(?! *\()(\{[^}]*\})?")


def rule_files(service: Path) -> list[Path]:
    return [*sorted((service / PLACE).glob("rules/*.yml")), service / PLACE / OBJECTIVES]


def rules(service: Path) -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in rule_files(service)]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def alerts(service: Path) -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules(service) if "alert" in rule}


def dashboards(service: Path) -> dict[str, dict[str, Any]]:
    found = sorted((service / PLACE).glob("grafana/dashboards/*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in found}


def panels(service: Path, rate_interval: str) -> list[dict[str, Any]]:
    """Return the panels of all dashboards, with values in place of Grafana's variables."""
    found = [panel for dashboard in dashboards(service).values() for panel in dashboard["panels"]]
    for panel in found:
        for target in panel["targets"]:
            query = target["expr"].replace("$__rate_interval", rate_interval)
            target["expr"] = query.replace("$job", "my-service")
    return found


def panel_queries(service: Path) -> list[str]:
    return [target["expr"] for panel in panels(service, "1m") for target in panel["targets"]]


def selectors(expression: str) -> Iterator[str]:
    """Yield what a query of PromQL reads: names of series, with what it wants of their labels."""
    for found in SELECTOR.finditer(_without_lists(expression)):
        if found[1] not in WORDS:
            yield found[0]


def _without_lists(expression: str) -> str:
    """Blank out what holds names of labels, but not what stands in braces."""
    parts = re.split(r"(\{[^}]*\})", expression)
    return "".join(part if part.startswith("{") else NO_SERIES.sub("", part) for part in parts)


def scale(text: str, durations: Mapping[str, str]) -> str:
    """Shorten the windows, the pauses and the intervals of a configuration.

    Raises:
        KeyError: one of them has no shorter duration.
    """
    return DURATION.sub(lambda found: durations[found[0]], text)


def runbook(service: Path) -> dict[str, list[str]]:
    """Return the headings of the runbook, and the bold words that begin each point below them."""
    text = (service / "docs/runbook.md").read_text(encoding="utf-8")
    sections = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    points = [re.findall(r"^- \*\*(\w+)\*\*: \S", body, re.MULTILINE) for body in sections[1::2]]
    return dict(zip(sections[::2], points, strict=True))


def with_token(service: Path, folder: Path, token: str) -> Path:
    """Copy what Prometheus reads, with a token at a place of ours."""
    copied = Path(shutil.copytree(service / PLACE, folder / "monitoring"))
    (copied / "token").write_text(token, encoding="utf-8")
    configuration = copied / "prometheus.yml"
    text = configuration.read_text(encoding="utf-8")
    assert text.count(TOKEN_FILE) == 1
    configuration.write_text(text.replace(TOKEN_FILE, str(copied / "token")), encoding="utf-8")
    return copied
