"""A service in a folder whose name is hard on configuration files, shells and URLs."""

from pathlib import Path

from tests.support.processes import app, serving
from tests.support.rendering import install, render, run
from tests.support.services import EVERYTHING, Services

NAME = "50% off; it's (a) $HOME %(here)s für"


def test_every_command_works_in_any_folder(services: Services, tmp_path: Path) -> None:
    service = install(render(services.template, tmp_path / NAME, EVERYTHING.answers))
    run(service, "make", "migrate")
    run(service, "make", "migration", "m=add nothing")
    [made] = service.glob("app/db/migrations/service/*_add_nothing.py")
    run(service, "make", "migrate")
    run(service, "make", "test", "ARGS=--no-cov tests/platform/test_migrations.py")
    with serving(service, tmp_path / "log", app("serve")) as process:
        checks = process.client.get("/health/ready").json()["checks"]

    assert made.read_text(encoding="utf-8").count("\n    pass\n") == 2
    assert checks["migrations"] == "ok"
