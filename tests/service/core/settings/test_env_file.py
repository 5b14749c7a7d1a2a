from pathlib import Path

from app.core.config import Settings
from app.core.settings.env_file import find_unread
from service.support.pems import make_private_key, to_pem


def find(tmp_path: Path, text: str) -> list[str]:
    env_file = tmp_path / ".env"
    env_file.write_text(text)
    return find_unread(Settings, str(env_file))


def test_a_misspelt_name_is_found(tmp_path: Path) -> None:
    assert find(tmp_path, "# a comment\nPORT=1\nport=2\nDATABSE_URL=x\n") == [
        "DATABSE_URL: in .env, but no setting of this service"
    ]


def test_no_file_has_no_unknown_names(tmp_path: Path) -> None:
    assert find_unread(Settings, str(tmp_path / ".env")) == []


def test_a_key_on_several_lines_is_not_repeated(tmp_path: Path) -> None:
    """Each of its lines is read as a name."""
    pem = to_pem(make_private_key("RS256"))
    found = find(tmp_path, f"JWT_SECRET={pem}\nABCD==\nA1B2=\n")

    assert len(found) == 1
    assert "put a key in PEM on one line" in found[0]
    assert not any(line in found[0] for line in [*pem.split("\n"), "ABCD", "A1B2"] if line)
