"""Every operation under schemathesis, signed in, in all its phases: the schema is kept, no 5xx."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.attacked import BARE_AND_WHOLE, make_ready
from tests.processes import Process, app, serving, sign_in
from tests.rendering import Combination, clean_environment
from tests.services import Services

SCHEMATHESIS = Path(sys.executable).with_name("st")
# A schema cannot say that a name is not all blanks, or that a cursor came from a list of ours.
OPTIONS = ["--seed=4", "--max-examples=30", "--exclude-checks=positive_data_acceptance"]
METHODS = {"delete", "get", "patch", "post", "put"}


@pytest.mark.parametrize("combination", BARE_AND_WHOLE)
def test_the_schema_is_kept(
    combination: Combination, services: Services, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    service = services.installed(combination.answers)
    environment = make_ready(service, combination, tmp_path, request)
    with serving(service, tmp_path / "log", app("serve"), **environment) as process:
        said = attack(process, tmp_path)
        operations = operations_of(process.client)
        lines = [line for line in process.log_lines() if line.get("event") == "access"]

    assert re.search(r"^Test cases:\n +(\d+) generated, \1 passed$", said, re.MULTILINE), said
    assert [line for line in lines if line["status"] >= 500] == []
    # Else the token was not good for much, and little was tried.
    done = {(line["method"], line["route"]) for line in lines if line["status"] < 300}
    assert operations - done == set()


def attack(process: Process, folder: Path) -> str:
    [(name, value)] = sign_in(process.client).items()
    schema = str(process.client.base_url.join("/openapi.json"))
    header = f"--header={name}: {value}"
    done = subprocess.run(
        [str(SCHEMATHESIS), "run", schema, "--no-color", header, *OPTIONS],
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


def operations_of(client: httpx.Client) -> set[tuple[str, str]]:
    paths = client.get("/openapi.json").json()["paths"]
    return {
        (method.upper(), path)
        for path, operations in paths.items()
        for method in METHODS & operations.keys()
    }
