"""How `serve` starts uvicorn, which is told everything that it would look up elsewhere."""

import ast
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from app.core.config import reload_settings
from service.support.commands import run

pytestmark = pytest.mark.usefixtures("environment")

# What uvicorn reads, and the argument that it does not read it for.
READ = {"WEB_CONCURRENCY": "workers", "FORWARDED_ALLOW_IPS": "forwarded_allow_ips"}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    options: dict[str, Any] = {}

    def take(server: uvicorn.Server, sockets: object) -> None:
        options.update(vars(server.config))

    monkeypatch.setattr(uvicorn.Server, "run", take)
    return options


async def test_serve_does_what_the_settings_say(
    served: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", "127.0.0.2")
    monkeypatch.setenv("PORT", "9000")
    reload_settings()
    result = await run("serve")

    assert result.exit_code == 0
    assert (served["app"], served["factory"]) == ("app.main:create_served_app", True)
    assert (served["host"], served["port"]) == ("127.0.0.2", 9000)
    # Above the 60 seconds of most load balancers.
    assert served["timeout_keep_alive"] == 75
    assert served["server_header"] is False
    assert served["proxy_headers"] is False


async def test_uvicorn_looks_nothing_up(
    served: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in READ:
        monkeypatch.setenv(name, "3")
    await run("serve")

    assert (served["workers"], served["forwarded_allow_ips"]) == (1, [])


def test_uvicorn_reads_no_other_variables() -> None:
    """Those of its command line (UVICORN_*) are click's: `serve` does not come by there."""
    folder = Path(uvicorn.__file__).parent
    trees = [ast.parse(path.read_text()) for path in folder.rglob("*.py")]

    assert {name for tree in trees for name in find_variables(tree)} == READ.keys()


def find_variables(tree: ast.AST) -> Iterator[str]:
    """Yields what is looked up in `os.environ` or by `os.getenv`."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=name)):
                yield str(name)
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="environ")),
                args=[ast.Constant(value=name), *_],
            ):
                yield str(name)
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[ast.Constant(value=name), *_]):
                yield str(name)


async def test_a_taken_metrics_port_is_refused(
    served: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("METRICS_PORT", str(taken.getsockname()[1]))
        reload_settings()
        result = await run("serve")

    assert result.exit_code == 1
    assert result.stderr == "METRICS_PORT: cannot listen there: Address already in use\n"
    assert served == {}
