"""A service's CI on its first day: what its workflows run passes, with servers as they have."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import yaml

from tests.support.own_postgres import OwnPostgres, own_postgres
from tests.support.rendering import UV, Combination, commit, git, run
from tests.support.servers import Redis
from tests.support.services import EACH_EXTREME, EVERYTHING, Services
from tests.support.suites import FEWEST_TESTS, results
from tools.find_servers import postgres_folder

TOOLS = Path(sys.executable).parent
CHECKS = "scripts/run_checks.sh"
RUN_HERE = {
    "make lock-check",
    "psql --set ON_ERROR_STOP=1 \\",
    "make setup",
    CHECKS,
    ".venv/bin/pre-commit run --all-files",
    'echo "No checks of this service\'s own"',
    "make openapi-check",
}
# What cannot be run here, and why.
RUN_ELSEWHERE = {
    "make audit": "reads a database of vulnerabilities, which is on the internet",
    "scripts/propose_update.sh commit": "test_proposed_updates.py runs it",
    "scripts/propose_update.sh open": "test_proposed_updates.py runs it with a gh that only writes",
    "actions/checkout": "GitHub's",
    "actions/setup-python": "GitHub's",
    "actions/dependency-review-action": "reads from GitHub",
    "actions/upload-artifact": "sends to GitHub",
    "docker/setup-buildx-action": "needs the daemon of Docker",
    "docker/build-push-action": "needs the daemon of Docker",
    "./.github/actions/own-checks": "its own steps are among these",
}


class Step(NamedTuple):
    """A step, with the environment of its job and its own."""

    job: str
    command: str
    environment: dict[str, str]

    @property
    def name(self) -> str:
        return self.command.splitlines()[0].partition("@")[0]


def read_steps(service: Path) -> list[Step]:
    """Return the steps of all workflows and actions, in order."""
    steps: list[Step] = []
    for path in sorted(service.glob(".github/*/**/*.yml")):
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        jobs: dict[str, Any] = told.get("jobs") or {path.parent.name: told["runs"]}
        for name, job in jobs.items():
            for step in job["steps"]:
                environment = {**job.get("env", {}), **step.get("env", {})}
                command = step.get("run") or step["uses"]
                steps.append(Step(f"{path.stem}/{name}", command, environment))
    return steps


@pytest.fixture
def server() -> Iterator[OwnPostgres]:
    """A PostgreSQL with an administrator whose name and role are those of CI's."""
    with own_postgres() as server:
        yield server


@pytest.mark.parametrize("combination", EACH_EXTREME)
def test_each_step_is_run_or_there_is_a_reason(
    combination: Combination, services: Services
) -> None:
    steps = {step.name for step in read_steps(services.rendered(combination.answers))}

    assert steps == RUN_HERE | RUN_ELSEWHERE.keys()


@pytest.mark.parametrize("combination", EACH_EXTREME)
def test_ci_passes_on_the_first_day(
    combination: Combination,
    services: Services,
    server: OwnPostgres,
    redis: Redis,
    tmp_path: Path,
) -> None:
    """As born, and as a pull request that adds nothing. Its suite passes on the servers."""
    service = services.copied(combination.answers, tmp_path / "service")
    make_repository(service)
    port = urlsplit(server.url).port
    programs = postgres_folder()
    own = {"UV": str(UV), "PGPORT": str(port), "PATH": f"{programs}:{os.environ['PATH']}"}
    own |= services.caches
    said = ""
    for step in read_steps(service):
        if step.name in RUN_HERE:
            given = {
                name: on_this_machine(value, port, redis)
                for name, value in step.environment.items()
            }
            printed = run(
                service, "bash", "-e", "-o", "pipefail", "-c", step.command, **given, **own
            )
            said = printed if step.name == CHECKS else said

    ran = results(said)
    assert ran.passed > FEWEST_TESTS
    assert ran.skipped == 0
    assert "No openapi.json: write it with `make openapi` and commit it" in said


def make_repository(service: Path) -> None:
    """Commit it, and a merge's first parent before it."""
    git(service, "init", "--quiet", "--initial-branch", "main")
    # The environment of another service, by a link that git does not take for the folder.
    (service / ".git/info/exclude").write_text(".venv\n", encoding="utf-8")
    commit(service, "Make the service")
    git(service, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", "Change nothing")


def on_this_machine(value: str, port: int | None, redis: Redis) -> str:
    """Put in the servers of this run, and what an expression gives in a pull request."""
    value = re.sub(r"\$\{\{ [\w.]+ \|\| '(.+)' \}\}", r"\1", value)
    value = redis.url(0) if value.startswith("redis:") else value
    return value.replace(":5432/", f":{port}/")


@pytest.mark.parametrize("combination", EACH_EXTREME)
def test_the_workflows_are_sound(combination: Combination, services: Services) -> None:
    """By actionlint, which knows types of expressions; the schema and zizmor: test_renders.py."""
    service = services.rendered(combination.answers)
    workflows = [str(path) for path in sorted(service.glob(".github/workflows/*"))]

    run(service, str(TOOLS / "actionlint"), "-no-color", "-shellcheck=", "-pyflakes=", *workflows)


def test_actions_are_pinned_and_rights_are_few(services: Services) -> None:
    """A tag can be moved to other code."""
    folder = services.rendered(EVERYTHING.answers) / ".github/workflows"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    told = {name: yaml.safe_load(text) for name, text in texts.items()}
    jobs = {f"{name}/{job}": each for name in told for job, each in told[name]["jobs"].items()}

    for text in texts.values():
        for action in re.findall(r"uses: (\S+)", text):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}|\./.+", action)
    assert {str(each["permissions"]) for each in told.values()} == {"{'contents': 'read'}"}
    assert {name: job["permissions"] for name, job in jobs.items() if "permissions" in job} == {
        "platform-update.yml/propose": {"contents": "write", "pull-requests": "write"}
    }
    assert all("concurrency" in each for each in told.values())
    assert all("timeout-minutes" in job for job in jobs.values())
    assert "merge_group" in told["ci.yml"][True], "YAML reads `on` as true"


def test_the_bots_wait_and_the_template_is_among_what_they_watch(services: Services) -> None:
    service = services.rendered(EVERYTHING.answers)
    schema = (str(TOOLS / "check-jsonschema"), "--builtin-schema")
    run(service, *schema, "vendor.dependabot", ".github/dependabot.yml")
    run(service, *schema, "vendor.renovate", "renovate.json")
    dependabot = yaml.safe_load((service / ".github/dependabot.yml").read_text(encoding="utf-8"))
    renovate = yaml.safe_load((service / "renovate.json").read_text(encoding="utf-8"))

    assert [each["cooldown"]["default-days"] for each in dependabot["updates"]] == [7, 7, 7, 7]
    assert all("groups" in each for each in dependabot["updates"])
    assert renovate["minimumReleaseAge"] == "7 days"
    assert renovate["copier"] == {"enabled": True}
