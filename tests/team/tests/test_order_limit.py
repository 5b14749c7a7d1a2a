import pytest
from typer.testing import CliRunner

from app.__main__ import commands
from app.core.config import reload_settings


def test_the_limit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "x" * 32)
    monkeypatch.setenv("ORDER_LIMIT", "2500")
    reload_settings()

    assert CliRunner().invoke(commands, ["order-limit"]).output == "2,500 pieces\n"
