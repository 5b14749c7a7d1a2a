"""A worker counts in the files of its place."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

COUNT = """
import os, subprocess, sys
from app.core.metrics.series import mails
mails.labels("sent").inc()
if "child" in sys.argv:
    subprocess.run([sys.executable, "-c", sys.argv[2]], check=True)
    if os.fork() == 0:
        mails.labels("sent").inc()
        os._exit(0)
    os.wait()
"""


def count(folder: Path, place: str, *arguments: str) -> float:
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(folder), "WORKER_PLACE": place}
    command = [sys.executable, "-c", COUNT, *arguments]
    subprocess.run(command, env=os.environ | environment, check=True, timeout=60)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call] # has none
    return registry.get_sample_value("mails_total", {"outcome": "sent"}) or 0


def test_the_next_worker_in_a_place_goes_on_counting(tmp_path: Path) -> None:
    assert [count(tmp_path, place) for place in ("1", "1", "2")] == [1, 2, 3]
    assert {path.name for path in tmp_path.glob("counter*")} == {"counter_1.db", "counter_2.db"}


def test_a_process_that_a_worker_starts_counts_for_itself(tmp_path: Path) -> None:
    """Two that write to one file would destroy it."""
    assert count(tmp_path, "1", "child", COUNT) == 3
    assert len(list(tmp_path.glob("counter_*"))) == 3
