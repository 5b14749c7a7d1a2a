"""The platform's own tests. They run in a rendered service: `service_suite` in tests/support."""

from pathlib import Path

import pytest

from app.core.config import reload_settings

# What a service has only with some answers, and the tests of it.
OPTIONAL = {
    "app/cache": ["cache", "core/settings/test_redis.py"],
    "app/db/migrations": ["db/migrations"],
    "scripts/create_tables.py": ["scripts/test_create_tables.py"],
}
collect_ignore = [
    test for path, tests in OPTIONAL.items() if not Path(path).exists() for test in tests
]


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
