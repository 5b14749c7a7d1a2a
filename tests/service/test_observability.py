import re
from pathlib import Path

from prometheus_client import REGISTRY

import app.main  # noqa: F401 - with it all that is counted is imported

PAGE = Path("docs/observability.md")


def test_the_page_names_series_that_there_are() -> None:
    shown = {family.name for family in REGISTRY.collect()}
    table = PAGE.read_text(encoding="utf-8").partition("## The series")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall("`([a-z_]+?)(?:_total)?`", row)}

    assert len(named) > 15
    assert named - shown == set()
