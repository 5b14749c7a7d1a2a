"""Alerts, each with what makes it fire and with its entry in the runbook, and dashboards."""

import re
from itertools import combinations
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import yaml

from tests.support.alert_cases import CASES, Case
from tests.support.monitoring import (
    OBJECTIVES,
    PLACE,
    TOKEN_FILE,
    alerts,
    dashboards,
    panel_queries,
    rule_files,
    runbook,
    selectors,
    with_token,
)
from tests.support.optional_servers import program_of
from tests.support.recipes import read_recipes
from tests.support.rendering import Combination, run
from tests.support.services import EACH_COVERING, EVERYTHING, Services

ALERTS = {
    "AvailabilityBurnsFast",
    "AvailabilityBurnsSlowly",
    "DatabasePoolExhausted",
    "EventLoopLags",
    "LatencyBurnsFast",
    "LatencyBurnsSlowly",
    "NotReady",
    "ObjectiveAbsent",
    "RefreshTokenReused",
    "RequestsRejected",
    "SignInsFail",
    "TargetAbsent",
    "WorkersDie",
}
# What an option brings besides.
ALERTS_OF: dict[str, set[str]] = {
    "use_alembic": {"MigrationsBehind"},
    "use_redis": {"RedisBreakerOpen"},
}
DASHBOARDS_OF: dict[str, set[str]] = {"use_alembic": set(), "use_redis": {"redis"}}
COLUMNS = 24

each_covering = pytest.mark.parametrize("combination", EACH_COVERING)


@pytest.fixture
def service(services: Services) -> Path:
    return services.rendered(EVERYTHING.answers)


@each_covering
def test_prometheus_takes_the_configuration(
    combination: Combination, services: Services, tmp_path: Path
) -> None:
    service = services.rendered(combination.answers)

    assert f"{len(rule_files(service))} rule files found" in check(service, tmp_path)


def test_prometheus_takes_the_alerts_of_a_team(service: Path, tmp_path: Path) -> None:
    [recipe] = [each for each in read_recipes() if each.name == "Add an alert"]
    copytree(service / PLACE, tmp_path / PLACE)
    recipe.follow(tmp_path)
    found = len(rule_files(service)) + 1

    assert f"{found} rule files found" in check(tmp_path, tmp_path / "with token")


def check(service: Path, place: Path) -> str:
    copied = with_token(service, place, "secret")
    return run(copied, program_of("promtool"), "check", "config", "prometheus.yml")


@each_covering
def test_compose_brings_up_what_watches_the_service(
    combination: Combination, services: Services
) -> None:
    service = services.rendered(combination.answers)
    containers = load(service / "compose.yaml")["services"]
    watching = {name: each for name, each in containers.items() if "profiles" in each}

    viewers = {"jaeger"} if combination.use_opentelemetry else set()
    assert watching.keys() == {"prometheus", "grafana"} | viewers
    for container in watching.values():
        assert container["profiles"] == ["monitoring"]
        assert re.fullmatch(r"\w+/\w+:v?\d+\.\d+\.\d+", container["image"])
        assert all(port.startswith("127.0.0.1:") for port in container["ports"])
    [scraped] = load(service / PLACE / "prometheus.yml")["scrape_configs"]
    port = containers["app"]["environment"]["METRICS_PORT"]
    assert scraped["static_configs"] == [{"targets": [f"app:{port}"]}]
    assert watching["prometheus"]["configs"] == [{"source": "metrics-token", "target": TOKEN_FILE}]
    token = load(service / "compose.yaml")["configs"]["metrics-token"]["content"]
    assert token == containers["app"]["environment"]["METRICS_TOKEN"]
    assert watching["prometheus"]["volumes"] == [f"./{PLACE}:/etc/prometheus:ro"]


def test_grafana_finds_prometheus_and_the_dashboards(service: Path) -> None:
    """At the places where Grafana looks below the folder that compose mounts."""
    grafana = load(service / "compose.yaml")["services"]["grafana"]
    assert grafana["volumes"] == [f"./{PLACE}/grafana:/etc/grafana/provisioning:ro"]

    [source] = load(service / PLACE / "grafana/datasources/prometheus.yml")["datasources"]
    [provider] = load(service / PLACE / "grafana/dashboards/dashboards.yml")["providers"]
    assert (source["url"], source["isDefault"]) == ("http://prometheus:9090", True)
    [traces] = load(service / PLACE / "grafana/datasources/jaeger.yml")["datasources"]
    assert (traces["type"], traces["url"]) == ("jaeger", "http://jaeger:16686")
    assert provider["options"]["path"] == "/etc/grafana/provisioning/dashboards"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@each_covering
def test_an_option_brings_its_alerts_and_dashboards(
    combination: Combination, services: Services
) -> None:
    service = services.rendered(combination.answers)
    given = [name for name, answer in combination.answers.items() if answer is True]

    assert alerts(service).keys() == ALERTS.union(*(ALERTS_OF.get(name, set()) for name in given))
    brought = set[str]().union(*(DASHBOARDS_OF.get(name, set()) for name in given))
    assert dashboards(service).keys() == {"service"} | brought


@each_covering
def test_an_alert_leads_to_its_entry_in_the_runbook(
    combination: Combination, services: Services
) -> None:
    service = services.rendered(combination.answers)
    entries = runbook(service)

    assert entries.keys() == alerts(service).keys()
    assert set(map(tuple, entries.values())) == {("Means", "Hurts", "Look", "Do")}
    for name, alert in alerts(service).items():
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["annotations"].keys() == {"summary", "runbook"}
        assert alert["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"


@each_covering
def test_the_runbook_names_what_there_is(combination: Combination, services: Services) -> None:
    """Panels, words of log lines, variables."""
    service = services.rendered(combination.answers)
    text = " ".join((service / "docs/runbook.md").read_text(encoding="utf-8").split())
    boards = dashboards(service).values()
    titles = [panel["title"] for board in boards for panel in board["panels"]]
    code = "".join(path.read_text(encoding="utf-8") for path in service.glob("app/**/*.py"))
    variables = (service / ".env.example").read_text(encoding="utf-8")

    panels = re.findall(r'panels? "([^"]+)"', text)
    said = re.findall(r'log lines? "([^"]+)"|`"\w+": "([^"]+)"`', text, re.IGNORECASE)
    named = re.findall(r"`([A-Z]+_[A-Z_]+)\*?`", text)
    assert min(len(panels), len(said), len(named)) > 2
    assert [name for name in panels if not any(title.startswith(name) for title in titles)] == []
    assert [words for words in map("".join, said) if words not in code] == []
    assert [name for name in named if f"\n{name}" not in variables] == []


def test_every_alert_fires_and_is_silent(service: Path) -> None:
    for fires in (True, False):
        assert {case.alert for case in CASES if bool(case.fires) == fires} == set(alerts(service))


@pytest.mark.parametrize("alert", sorted({case.alert for case in CASES}))
def test_an_alert_fires_when_it_is_to(alert: str, service: Path, tmp_path: Path) -> None:
    cases = [case for case in CASES if case.alert == alert]
    files = []
    for number, case in enumerate(cases):
        files.append(tmp_path / f"{number}.yml")
        files[-1].write_text(yaml.safe_dump(promtool_test(case, service)), encoding="utf-8")

    run(tmp_path, program_of("promtool"), "test", "rules", *map(str, files))


def promtool_test(case: Case, service: Path) -> dict[str, Any]:
    rule = alerts(service)[case.alert]
    expected = [
        {
            "exp_labels": rule["labels"] | case.job | labels,
            "exp_annotations": rule["annotations"],
        }
        for labels in case.fires
    ]
    files = [
        path
        for path in rule_files(service)
        if f"alert: {case.alert}\n" in path.read_text(encoding="utf-8")
        or (case.has_objectives and path.name in OBJECTIVES)
    ]
    return {
        "rule_files": [str(path) for path in files],
        "evaluation_interval": case.step,
        # promtool does not take them in the order of their files.
        "group_eval_order": sorted(
            (path.stem for path in files), key=lambda name: name not in OBJECTIVES
        ),
        "tests": [
            {
                "name": str(case),
                "interval": case.step,
                "input_series": [
                    {"series": name, "values": values} for name, values in case.series.items()
                ],
                "alert_rule_test": [
                    {"eval_time": case.at, "alertname": case.alert, "exp_alerts": expected}
                ],
            }
        ],
    }


def test_the_queries_of_dashboards_are_well_formed(service: Path, tmp_path: Path) -> None:
    queries = panel_queries(service)
    assert len(queries) > 10
    group = {
        "name": "queries",
        "rules": [
            {"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)
        ],
    }
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [group]}), encoding="utf-8")

    said = run(tmp_path, program_of("promtool"), "check", "rules", str(file))
    assert f"{len(queries)} rules found" in said


@each_covering
def test_panels_read_from_the_chosen_prometheus(
    combination: Combination, services: Services
) -> None:
    for dashboard in dashboards(services.rendered(combination.answers)).values():
        variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
        assert variables["datasource"]["query"] == "prometheus"
        for panel in [variables["job"], *dashboard["panels"]]:
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        for panel in dashboard["panels"]:
            names = [target["refId"] for target in panel["targets"]]
            assert len(set(names)) == len(names)


@each_covering
def test_panels_lie_side_by_side(combination: Combination, services: Services) -> None:
    for dashboard in dashboards(services.rendered(combination.answers)).values():
        panels = dashboard["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        for panel in panels:
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= COLUMNS
        assert [pair for pair in combinations(panels, 2) if overlap(*pair)] == []


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    first, second = one["gridPos"], other["gridPos"]
    return all(
        first[start] < second[start] + second[size] and second[start] < first[start] + first[size]
        for start, size in (("x", "w"), ("y", "h"))
    )


def test_selectors_are_found() -> None:
    query = (
        'topk(10, sum by (le, job) (rate(a_total{job="by (x)", b=~"5.."}[5m])) '
        "/ on (job) group_left (d) (1 - a:b:rate5m)) > 0.5 and c unless on (job) up"
    )

    assert list(selectors(query)) == ['a_total{job="by (x)", b=~"5.."}', "a:b:rate5m", "c", "up"]
