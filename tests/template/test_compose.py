"""What compose starts: the image as in production, and a place to work in beside its servers."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.support.rendering import UV, Combination, clean_environment, run
from tests.support.services import EACH_COVERING, EVERYTHING, Services

each_covering = pytest.mark.parametrize("combination", EACH_COVERING)
STOP_SECONDS = (
    "from app.core.settings.server import ServerSettings;"
    "print(ServerSettings(environment='development').stop_seconds)"
)
# Nothing of a browser or an editor reads keys that it does not know: containers.dev/implementors.
KNOWN_KEYS = {
    *("name", "dockerComposeFile", "service", "runServices", "workspaceFolder", "remoteUser"),
    *("postCreateCommand", "forwardPorts", "customizations"),
}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@each_covering
def test_the_image_runs_without_rights(combination: Combination, services: Services) -> None:
    containers = load(services.rendered(combination.answers) / "compose.yaml")["services"]
    ours = {name: each for name, each in containers.items() if "build" in each}

    assert ours.keys() == {"app", "schema"}
    for container in ours.values():
        assert container["read_only"] is True
        assert container["tmpfs"] == "/tmp"  # noqa: S108 - in the container
        assert container["cap_drop"] == ["ALL"]
        assert container["security_opt"] == ["no-new-privileges:true"]
        assert container["image"] == containers["app"]["image"]
        assert container["environment"] == containers["app"]["environment"]


@each_covering
def test_the_schema_is_ready_before_the_service(
    combination: Combination, services: Services
) -> None:
    containers = load(services.rendered(combination.answers) / "compose.yaml")["services"]
    commands = {
        True: ["alembic", "upgrade", "heads"],
        False: ["python", "-m", "scripts.create_tables"],
    }

    assert containers["schema"]["command"] == commands[combination.use_alembic]
    needed = containers["app"]["depends_on"]["schema"]
    assert needed == {"condition": "service_completed_successfully"}
    for container in containers.values():
        for name, needed in container.get("depends_on", {}).items():
            healthy = needed["condition"] == "service_healthy"
            assert healthy == ("healthcheck" in containers[name])


def test_it_is_given_the_time_that_it_takes_to_end(services: Services) -> None:
    service = services.installed(EVERYTHING.answers)
    given = load(service / "compose.yaml")["services"]["app"]["stop_grace_period"]
    taken = run(service, ".venv/bin/python", "-c", STOP_SECONDS)

    assert int(given.removesuffix("s")) > float(taken)


def test_make_starts_it_stops_it_and_shows_its_log(services: Services, tmp_path: Path) -> None:
    service = services.copied(EVERYTHING.answers, tmp_path / "service")

    assert make(service, "up") == "compose up --build --detach\n"
    assert make(service, "down", "ARGS=--volumes") == "compose --profile * down --volumes\n"
    assert make(service, "logs", "ARGS=app") == "compose logs --follow app\n"
    (service / ".env").unlink()
    assert "make setup" in make(service, "--dry-run", "up")


def make(service: Path, *arguments: str) -> str:
    """Return the words that docker is given."""
    command = ["make", "--silent", f"UV={UV}", "DOCKER=echo", *arguments]
    done = subprocess.run(
        command, cwd=service, env=clean_environment(), capture_output=True, text=True, check=True
    )
    return done.stdout


@each_covering
def test_a_developer_works_beside_the_same_servers(
    combination: Combination, services: Services
) -> None:
    service = services.rendered(combination.answers)
    folder = service / ".devcontainer"
    settings = json.loads((folder / "devcontainer.json").read_text(encoding="utf-8"))
    files = [(folder / name).resolve() for name in settings["dockerComposeFile"]]
    assert files == [service.resolve() / "compose.yaml", folder.resolve() / "compose.yaml"]
    whole, added = map(load, files)

    assert settings.keys() == KNOWN_KEYS
    assert [*added["services"]] == settings["runServices"] == [settings["service"]]
    workspace = added["services"][settings["service"]]
    assert workspace["volumes"] == [f".:{settings['workspaceFolder']}:cached"]
    interpreter = settings["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter == f"{settings['workspaceFolder']}/.venv/bin/python"
    [port] = settings["forwardPorts"]
    assert whole["services"]["app"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    target = settings["postCreateCommand"].removeprefix("make ")
    assert f"\n{target}: " in (service / "Makefile").read_text(encoding="utf-8")

    addresses = {name: urlsplit(url) for name, url in workspace["environment"].items()}
    assert {url.hostname for url in addresses.values()} == workspace["depends_on"].keys()
    assert workspace["depends_on"].keys() <= whole["services"].keys()
    made = re.findall(r"CREATE DATABASE (\w+) OWNER app;", whole["configs"]["role"]["content"])
    databases = {url.path[1:] for url in addresses.values() if url.scheme == "postgresql"}
    assert databases == {*made} == {"app", "test"}
    workflow = (service / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert {*re.findall(r"TEST_\w+_URL", workflow)} == {
        name for name in addresses if name.startswith("TEST_")
    }
