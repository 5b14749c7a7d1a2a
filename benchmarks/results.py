"""Write what a full run has measured: benchmarks/results.md and docs/performance.svg."""

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.arguments import ROOT
from benchmarks.chart import Bars, draw
from benchmarks.endpoints import ENDPOINTS
from benchmarks.load import wrk_program
from benchmarks.report import NOT_KNOWN, beside_bare, table, with_traces
from benchmarks.starts import Starts, idle_mib
from benchmarks.verdicts import SERVICES, Measured, Verdict, judge
from tests.support.rendering import git, run
from tools.find_servers import postgres_folder

RESULTS = ROOT / "benchmarks" / "results.md"
CHART = ROOT / "docs" / "performance.svg"
HEAD = """# Results

Written by `make bench`; [docs/performance.md](../docs/performance.md) says how to read it.
"""


def write(measured: Measured) -> None:
    RESULTS.write_text(page(measured, describe_run()), encoding="utf-8")
    CHART.write_text(picture(measured), encoding="utf-8")


def page(measured: Measured, described: str) -> str:
    verdicts = judge(measured)
    met = sum(verdict.met for verdict in verdicts)
    return "\n".join(
        [
            HEAD,
            described,
            f"\n## Goals: {met} of {len(verdicts)} met\n",
            goals_table(verdicts),
            "\n## Endpoints\n",
            "Ratios to the bare app: the median of the rounds, with the quartiles.\n",
            beside_bare(measured.series, SERVICES),
            "\n## Traces\n",
            "A tenth of the requests recorded, beside the same service without traces.\n",
            with_traces(measured.series),
            "\n## Start\n",
            starts_table(measured.starts),
            "",
        ]
    )


def goals_table(verdicts: Sequence[Verdict]) -> str:
    head = ["", "limits in", "goal", "measured", ""]
    rows = [
        [each.what, each.service, each.goal, each.measured, "met" if each.met else "**missed**"]
        for each in verdicts
    ]
    return table(head, rows)


def starts_table(starts: Starts) -> str:
    rows = []
    for name, each in starts.items():
        seconds, mib = median(start.seconds for start in each), idle_mib(each)
        rows.append([name, f"{seconds:.2f}", f"{mib:.0f}" if mib else NOT_KNOWN])
    return table(["", "first 200, s", "idle RSS, MiB"], rows)


def picture(measured: Measured) -> str:
    rows = [
        Bars(
            endpoint.title.replace("`", ""),
            [measured.series.ratio(service, "bare", endpoint).median for service in SERVICES],
        )
        for endpoint in ENDPOINTS.values()
    ]
    return draw([f"limits in {service}" for service in SERVICES], rows)


def describe_run() -> str:
    """Say what was measured, and on what."""
    commit = git(ROOT, "describe", "--always", "--dirty", "--exclude=*").strip()
    return (
        f"Commit {commit}, Python {platform.python_version()}, {processor()}, "
        f"{os.cpu_count()} cores, {platform.system()}, {datetime.now(UTC):%Y-%m-%d}; "
        f"{'wrk' if wrk_program() else 'a driver in Python'}, {postgres_version()}."
    )


def postgres_version() -> str:
    programs = postgres_folder()
    return run(ROOT, f"{programs}/postgres", "--version").strip() if programs else NOT_KNOWN


def processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()
