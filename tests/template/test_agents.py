"""AGENTS.md of the service: `make check` refuses each wrong line, and takes each right one."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.rendering import ROOT, clean_environment
from tests.support.services import EVERYTHING, Services

RULE = re.compile(
    r"^\d+\. \*\*(?P<name>.+?)\*\*(?P<text>.*?)(?=^\d+\. |\Z)", re.MULTILINE | re.DOTALL
)
LINE = re.compile(r"^ +(?P<code>\S.*?)  # (?P<kind>right|wrong)(?:, in (?P<path>[\w/.]+))?", re.M)
# What a line needs above it in the file that it is tried in.
ABOVE = {
    "A route names who may call it": '@router.get("/count")\n',
    "The session keeps tenants apart": "import sqlalchemy\n",
    "Times are in UTC, and what is worth printing is logged": (
        "import datetime\nfrom app.db.base import now\n"
    ),
}


@dataclass(frozen=True)
class Rule:
    name: str
    command: list[str]
    right: "Line"
    wrong: "Line"


@dataclass(frozen=True)
class Line:
    path: str
    code: str


def rules() -> Iterator[Rule]:
    for rule in RULE.finditer((ROOT / "template" / "AGENTS.md").read_text(encoding="utf-8")):
        command = re.search(r"\(`(.+?)`\)", rule["text"])
        lines = {line["kind"]: line for line in LINE.finditer(rule["text"])}
        assert command, rule["name"]
        yield Rule(
            rule["name"],
            command[1].split(),
            *(read(lines[kind], lines["wrong"]["path"]) for kind in ("right", "wrong")),
        )


def read(line: re.Match[str], path: str) -> Line:
    """The example stands for what a team has."""
    return Line(of_items(line["path"] or path), of_items(line["code"]))


def of_items(text: str) -> str:
    return (
        text.replace("order_by", "@")
        .replace("order", "item")
        .replace("Order", "Item")
        .replace("ORDER", "ITEM")
        .replace("@", "order_by")
    )


@pytest.fixture(scope="module")
def service(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return services.copied(EVERYTHING.answers, tmp_path_factory.mktemp("agents") / "service")


def test_there_are_ten_rules() -> None:
    assert len(list(rules())) == 10


@pytest.mark.parametrize("rule", list(rules()), ids=lambda rule: rule.name)
def test_the_check_tells_right_from_wrong(rule: Rule, service: Path) -> None:
    right = tried(service, rule, rule.right)
    wrong = tried(service, rule, rule.wrong)

    assert right.returncode == 0, right.stdout
    assert wrong.returncode == 1, wrong.stdout


def test_the_checks_are_those_of_make_check() -> None:
    script = (ROOT / "template" / "scripts" / "run_checks.sh.jinja").read_text(encoding="utf-8")

    for rule in rules():
        assert re.search(rf"^{rule.command[0]}\b", script, re.MULTILINE), rule.name


def tried(service: Path, rule: Rule, line: Line) -> "subprocess.CompletedProcess[str]":
    """Run the rule's command on a service with one more line."""
    path = service / line.path
    files = {path: path.read_text(encoding="utf-8")}
    example = service / ".env.example"
    files[example] = example.read_text(encoding="utf-8")
    try:
        path.write_text(
            f"{files[path]}\n\n{ABOVE.get(rule.name, '')}{line.code}\n", encoding="utf-8"
        )
        if "item_limit" in line.code:
            example.write_text(f"{files[example]}ITEM_LIMIT=100\n", encoding="utf-8")
        return run_check(service, rule.command)
    finally:
        for changed, text in files.items():
            changed.write_text(text, encoding="utf-8")


def run_check(service: Path, command: list[str]) -> "subprocess.CompletedProcess[str]":
    program, *arguments = command
    if program == "pytest":
        arguments += ["--no-cov", "-p", "no:cacheprovider"]
    if program == "ruff":
        # What a single line is bound to break besides, at the end of a file.
        arguments += ["--ignore", "E402,E701,F401,I001,RUF100", "."]
    return subprocess.run(
        [service / ".venv/bin" / program, *arguments],
        cwd=service,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
