"""The platform's own tests. They run in a rendered service: `service_suite` in tests/support."""

from pathlib import Path

import pytest

from app.core.config import reload_settings
from service.support.optional import without_subject

collect_ignore = without_subject(Path())


@pytest.fixture
def folder(variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a .env of its own."""
    lines = [f"{name}={value}\n" for name, value in variables.items()]
    (tmp_path / ".env").write_text("".join(lines))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def environment(folder: Path) -> None:
    """What commands read: the .env of the folder."""
    reload_settings()
