"""What this repository promises about itself."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.rendering import COMBINATIONS, ROOT, Combination, clean_environment, git
from tests.support.services import Services

TOOLS = ROOT / ".venv" / "bin"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# One screen each. Those of a service are the template's.
DECISIONS = sorted(ROOT.glob("docs/adr/0*.md")) + sorted(ROOT.glob("template/docs/adr/0*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def tracked() -> list[Path]:
    return [ROOT / name for name in git(ROOT, "ls-files", "-z").split("\0") if name]


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def broken_links(folder: Path) -> list[str]:
    pages = [folder / "README.md", *folder.glob("docs/**/*.md")]
    return [
        f"{page.relative_to(folder)}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]


def test_ci_calls_the_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text()

    assert [line for line in script.splitlines() if "make" in line] == ["exec make test"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert "make test" in (ROOT / "README.md").read_text()


def test_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):.* ## ", makefile, re.MULTILINE)
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, env=clean_environment(), check=True, capture_output=True
    ).stdout.decode()

    assert {"demo", "test", "quick", "lint", "lock", "clean"} <= set(targets)
    assert all(f"make {target} " in listed for target in targets)


def test_one_test_alone_is_left_out_of_make_test() -> None:
    """pytest deselects every test whose name begins with the one that is named."""
    makefile = (ROOT / "Makefile").read_text()
    [(path, name)] = re.findall(r"^UNCHANGED := (\S+)::(\w+)$", makefile, re.MULTILINE)
    tests = re.findall(r"^def (test_\w+)", (ROOT / path).read_text(), re.MULTILINE)

    assert [test for test in tests if test.startswith(name)] == [name]
    assert re.findall(r"--deselect (\S+)", makefile) == ["$(UNCHANGED)"]


def test_no_test_chooses_its_worker_itself() -> None:
    """A large group leaves the other workers without work."""
    texts = {path: path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    choosing = [path.name for path, text in texts.items() if re.search(r"xdist_group\(", text)]

    assert choosing == ["conftest.py"]


def test_every_hook_is_local() -> None:
    repos = read_yaml(ROOT / ".pre-commit-config.yaml")["repos"]

    assert [repo["repo"] for repo in repos] == ["local"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_pinned_and_has_least_privilege(workflow: Path) -> None:
    used = re.findall(r"uses: (\S+)", workflow.read_text())

    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in used)
    assert read_yaml(workflow)["permissions"] == {"contents": "read"}
    schema = ["--builtin-schema", "vendor.github-workflows"]
    subprocess.run([TOOLS / "check-jsonschema", *schema, workflow], check=True)
    subprocess.run([TOOLS / "zizmor", "--offline", "--quiet", workflow], check=True)
    subprocess.run([TOOLS / "actionlint", "-shellcheck=", "-pyflakes=", workflow], check=True)


def test_ci_runs_on_every_python() -> None:
    jobs = read_yaml(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]

    assert jobs["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert {"run": "make test"} in jobs["test"]["steps"]


@pytest.mark.parametrize(
    "name", ["benchmarks", "dev", "gunicorn", "manifests", "servers", "service-tests", "uv"]
)
def test_tools_are_locked_by_hash_and_without_an_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    requirements = [
        line for line in text.splitlines() if line and not line.lstrip().startswith("#")
    ]

    assert requirements
    assert all(re.search(r"==\S+.* --hash=sha256:", line) for line in requirements)
    assert "://" not in text
    assert "index-url" not in text


def test_nothing_names_a_machine_or_carries_a_lock() -> None:
    names = [path for path in tracked() if path.name == "uv.lock"]
    machine = re.compile(rb"(?:/root/|/home/\w+/|/tmp/\w+/\w+|/work/)\w")
    found = [
        str(path)
        for path in tracked()
        if path.is_file() and "static" not in path.parts and machine.search(path.read_bytes())
    ]

    assert names == []
    assert found == []


def test_the_licence_is_mit_and_the_changelog_is_kept() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert "## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text()


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text()

    for decision in (ROOT / "docs" / "adr").glob("0*.md"):
        assert f"[{decision.read_text().splitlines()[0][2:]}]({decision.name})" in index


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
def test_a_decision_says_when_why_and_what_else_was_weighed(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert re.match(r"# (\d+)\. .+\n\nStatus: \w+\. Date: \d{4}-\d\d-\d\d[.;]", text)
    assert int(text[2:].partition(".")[0]) == int(decision.name[:4])
    assert sections == ["Context", "Decision", "Alternatives", "Consequences"]
    assert len(text.splitlines()) <= 48


def test_links_of_the_repository_lead_somewhere() -> None:
    assert broken_links(ROOT) == []


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_links_of_a_service_lead_somewhere(combination: Combination, services: Services) -> None:
    assert broken_links(services.rendered(combination.answers)) == []
