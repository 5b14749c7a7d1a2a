"""Every operation under schemathesis, signed in, in all its phases: the schema is kept, no 5xx."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.attacked import BARE_AND_WHOLE, make_ready
from tests.support.processes import Process, app, serving, sign_in
from tests.support.rendering import Combination, clean_environment
from tests.support.services import Services

SCHEMATHESIS = [
    str(Path(sys.executable).with_name("st")),
    f"--config-file={Path(__file__).with_name('schemathesis.toml')}",
]
OPTIONS = ["--no-color", "--seed=4", "--max-examples=20"]
METHODS = {"delete", "get", "patch", "post", "put"}
PASSED = re.compile(r"^Test cases:\n +(\d+) generated, \1 passed$", re.MULTILINE)
# These end the session, and everything after them would be a 401: they have a run of their own.
ENDING = "^(logout|logout_all|delete_session|delete_tenant)$"
# Thousands of wrong sign-ins are what is wanted here.
UNTHROTTLED = {
    "SIGN_IN_FREE_ATTEMPTS": "1000000",
    "SIGN_IN_FREE_ATTEMPTS_PER_ADDRESS": "1000000",
}


@pytest.mark.parametrize("combination", BARE_AND_WHOLE)
def test_the_schema_is_kept(
    combination: Combination, services: Services, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    service = services.installed(combination.answers)
    environment = make_ready(service, combination, tmp_path, request) | UNTHROTTLED
    with serving(service, tmp_path / "log", app("serve"), **environment) as process:
        said = attack(process, tmp_path, f"--exclude-operation-id-regex={ENDING}")
        lines = access_lines(process)
        said_at_the_end = attack(process, tmp_path, f"--include-operation-id-regex={ENDING}")
        operations = operations_of(process.client)

    assert PASSED.search(said), said
    assert PASSED.search(said_at_the_end), said_at_the_end
    assert [line for line in access_lines(process) if line["status"] >= 500] == []
    # Else the token was not good for much, and little was tried.
    known = {(line["method"], line["route"]) for line in lines if line["status"] not in {401, 405}}
    assert {name for name, place in operations.items() if place not in known} == {
        name for name in operations if re.search(ENDING, name)
    }


def access_lines(process: Process) -> list[dict[str, Any]]:
    return [line for line in process.log_lines() if line.get("event") == "access"]


def attack(process: Process, folder: Path, chosen: str) -> str:
    [(name, value)] = sign_in(process.client).items()
    schema = str(process.client.base_url.join("/openapi.json"))
    header = f"--header={name}: {value}"
    done = subprocess.run(
        [*SCHEMATHESIS, "run", schema, header, chosen, *OPTIONS],
        # It writes down what it finds.
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return str(done.stdout)


def operations_of(client: httpx.Client) -> dict[str, tuple[str, str]]:
    """Return the method and the path of each operation by its name."""
    paths = client.get("/openapi.json").json()["paths"]
    return {
        operations[method]["operationId"]: (method.upper(), path)
        for path, operations in paths.items()
        for method in METHODS & operations.keys()
    }
