from pathlib import Path

from app.core.config import Settings
from app.core.settings.env_file import unknown_names


def test_a_misspelt_name_is_found(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("# a comment\nPORT=1\nport=2\nDATABSE_URL=x\n")

    assert unknown_names(Settings, str(env_file)) == ["DATABSE_URL"]


def test_no_file_has_no_unknown_names(tmp_path: Path) -> None:
    assert unknown_names(Settings, str(tmp_path / ".env")) == []
