"""`make openapi` and the gate that compares its file with another commit's."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.core.config import reload_settings
from app.main import create_app
from scripts.openapi import compare, write

GET: dict[str, Any] = {"get": {"responses": {"200": {}}}}
GONE = "GET /orders: removed"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "Before there was a file")
    return tmp_path


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    subprocess.run(["git", *identity, *arguments], check=True)  # noqa: S607 - as on PATH


def describe(**paths: Any) -> None:
    document = {"paths": {f"/{name}": item for name, item in paths.items()}}
    compare.FILE.write_text(json.dumps(document))


def commit() -> None:
    git("add", "--all")
    git("commit", "--quiet", "--message", "Describe")


def test_a_commit_without_a_file_is_nothing_to_compare_with(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compare.main("HEAD")
    describe(orders=GET)
    compare.main("HEAD")

    assert capsys.readouterr().out == 2 * "HEAD has no openapi.json: nothing to compare with.\n"


def test_a_break_fails_and_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    describe(orders=GET, bills=GET)
    commit()
    describe(bills=GET)

    with pytest.raises(SystemExit, match="Clients of HEAD would break"):
        compare.main("HEAD")
    assert capsys.readouterr().out == f"{GONE}\n"


def test_a_break_that_is_accepted_passes_and_no_other(repository: Path) -> None:
    describe(orders=GET, bills=GET)
    commit()
    compare.ACCEPTED.write_text(f"Nobody calls it any more.\n{GONE}\n")
    describe(bills=GET)
    compare.main("HEAD")

    describe()
    with pytest.raises(SystemExit):
        compare.main("HEAD")


def test_a_file_that_has_gone_and_a_commit_that_is_not_there_fail(repository: Path) -> None:
    describe(orders=GET)
    commit()
    compare.FILE.unlink()

    with pytest.raises(SystemExit, match="is missing, and HEAD has one"):
        compare.main("HEAD")
    with pytest.raises(SystemExit, match="There is no commit origin/main here"):
        compare.main("origin/main")


def test_changes_are_listed_whether_they_break_or_not(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(orders=GET)
    commit()
    describe(bills=GET)
    compare.main("HEAD", "--changes")

    assert capsys.readouterr().out.splitlines() == [
        GONE,
        "GET /bills: added",
        f"BREAKING {GONE}",
    ]


def test_the_file_is_the_same_wherever_it_is_written(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write.main()
    written = json.loads(write.FILE.read_text())
    monkeypatch.setenv("ROOT_PATH", "/shop")
    monkeypatch.setenv("VERSION", "2.0.0")
    reload_settings()

    assert written != create_app().openapi()
    assert written == write.describe()


def test_a_stale_file_is_named_with_what_to_do(
    environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    write.main("--check")
    assert "No openapi.json: write it with `make openapi`" in capsys.readouterr().out

    write.main()
    write.FILE.write_text(json.dumps(json.loads(write.FILE.read_text())))
    write.main("--check")
    assert capsys.readouterr().out == ""

    write.FILE.write_text("{}")
    with pytest.raises(SystemExit, match="stale: run `make openapi` and commit it"):
        write.main("--check")
