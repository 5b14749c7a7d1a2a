"""A step that cannot be begun says why in one sentence, and changes nothing."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adoption.support import HERE, PAGE, begin_repository, read_steps
from tests.support.rendering import ROOT, commit, git
from tools.adopt import ANSWERS, ASIDE, EXPECTED, STATE


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The old backend, with all that any step expects."""
    folder = begin_repository(tmp_path / "notes", ROOT).folder
    for names in EXPECTED.values():
        for name in names:
            fill(folder / name)
    commit(folder, "What the steps expect")
    return folder


def fill(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text("")


def adopt(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "tools" / "adopt.py"), *arguments]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def refused(folder: Path, *arguments: str, root: Path | None = None) -> str:
    """Return the sentence with which a command is refused; nothing may have changed."""
    before = read_all(root or folder)
    done = adopt(folder, *arguments)
    assert read_all(root or folder) == before
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(".\n")
    return done.stderr


def read_all(folder: Path) -> dict[Path, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {path: path.read_bytes() for path in files}


def at(folder: Path, step: int) -> None:
    (folder / STATE).write_text(f"{step}\n")
    commit(folder, f"At {step}")


def test_no_step_begins_on_changed_files(repository: Path) -> None:
    readme = repository / "README.md"
    changes: list[Callable[[], object]] = [
        lambda: readme.write_text("changed"),
        readme.unlink,
        lambda: git(repository, "mv", "README.md", "README"),
        lambda: (repository / "new.txt").write_text("new"),
    ]
    for change in changes:
        change()
        assert "Commit or discard" in refused(repository, "1")
        git(repository, "reset", "--quiet", "--hard")


def test_steps_begin_in_their_order(repository: Path) -> None:
    for step in EXPECTED:
        for other in {1, step + 1, 9} & EXPECTED.keys() - {step}:
            assert f"next step is {step}," in refused(repository, str(other))
        assert adopt(repository, str(step)).returncode == 0
        assert (repository / STATE).read_text() == f"{step}\n"
        commit(repository, f"Step {step}")


def test_a_step_names_what_the_backend_lacks(repository: Path) -> None:
    for step, names in EXPECTED.items():
        for name in names:
            path = repository / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            at(repository, step - 1)
            assert f"expects {name}" in refused(repository, str(step))
            git(repository, "reset", "--quiet", "--hard", "HEAD~1")


def test_a_step_begins_at_the_root_of_a_repository(repository: Path, tmp_path: Path) -> None:
    assert "at the root" in refused(repository / "backend", "1", root=repository)
    (tmp_path / "elsewhere").mkdir()
    assert "not a git repository" in refused(tmp_path / "elsewhere", "1")


def test_what_it_does_not_know_it_refuses(repository: Path) -> None:
    for arguments in ([], ["10"], ["0"], ["merge"], ["move", "a"], ["export", "a"]):
        assert "Name a step" in refused(repository, *arguments)


def test_only_a_service_is_merged_and_overwrites_nothing(repository: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    assert "belongs to step 1" in refused(repository, "merge", str(fresh))
    at(repository, 1)
    assert "is no service" in refused(repository, "merge", str(fresh))

    (fresh / ANSWERS).write_text("_commit: v1\n")
    fill(fresh / "docs/new.db")
    fill(repository / "docs/new.db")
    assert "docs/new.db is ignored by git" in refused(repository, "merge", str(fresh))
    fill(repository / ASIDE / "mine")
    assert f"Rename {ASIDE}/" in refused(repository, "merge", str(fresh))


def test_files_of_the_same_name_are_set_aside(repository: Path, tmp_path: Path) -> None:
    old = (repository / "README.md").read_text()
    for name in (ANSWERS, "README.md", "docs/new.md"):
        fill(tmp_path / "fresh" / name)
    at(repository, 1)

    assert adopt(repository, "merge", str(tmp_path / "fresh")).returncode == 0
    assert (repository / "README.md").read_text() == ""
    assert (repository / ASIDE / "README.md").read_text() == old
    assert (repository / "docs/new.md").exists()


def test_a_module_moves_once_to_where_nothing_is(repository: Path) -> None:
    move = ("move", "backend/cache.py", "app/clients/note_cache.py")
    assert "belongs to step 3" in refused(repository, *move)
    at(repository, 3)
    assert "already" in refused(repository, "move", "backend/cache.py", "app/main.py")
    assert "not there" in refused(repository, "move", "backend/x.py", "app/x.py")
    assert "no module" in refused(repository, "export", "backend/crud.py", "app.crud.notes")

    assert adopt(repository, *move).returncode == 0
    exported = (repository / "backend/cache.py").read_text()
    assert exported == "from app.clients.note_cache import *\n"


def test_only_what_the_service_lacks_is_required(repository: Path) -> None:
    assert "pyproject.toml is not there" in refused(repository, "lacking")
    pyproject = 'dependencies = [\n    "SQLAlchemy[asyncio]>=2.1",\n    "httpx2>=2",\n]\n'
    (repository / "pyproject.toml").write_text(pyproject)
    (repository / "backend/requirements.txt").write_text(
        "# libraries\nsqlalchemy==2.0.36\nhttpx==0.28.1  # tests\n\nbcrypt>=4.2\n"
    )

    assert adopt(repository, "lacking").stdout == "bcrypt>=4.2\n"


def test_the_page_has_nine_steps_of_a_page_each() -> None:
    steps = read_steps()

    assert [step.number for step in steps] == list(EXPECTED)
    for step in steps:
        assert {"begin", "green"} <= step.commands.keys()
        assert f'tools/adopt.py" {step.number}\n' in step.commands["begin"]
        assert "**Back" in step.text
        assert step.text.count("\n") <= 60
    written = {int(path.name) for path in (HERE / "steps").iterdir()}
    assert written < set(EXPECTED)


def test_the_page_begins_with_an_audit() -> None:
    audit = PAGE.read_text(encoding="utf-8").partition("## 1.")[0]

    assert audit.count("\n| ") >= 9
