from pathlib import Path

import pytest

from app.core.settings import project
from app.core.settings.platform_version import PLATFORM_VERSION
from service.support.commands import run


async def test_the_version_is_shown_without_secrets(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").unlink()
    monkeypatch.delenv("JWT_SECRET", raising=False)
    monkeypatch.setenv("VERSION", "2.1.0")
    result = await run("version")

    assert result.stdout == f"{project.NAME} 2.1.0, platform {PLATFORM_VERSION}\n"
    assert result.exit_code == 0
