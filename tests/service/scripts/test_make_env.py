import stat
from pathlib import Path

import pytest

from scripts import make_env


def test_each_secret_gets_a_value_of_its_own() -> None:
    made = make_env.make_env("A_SECRET=\nPORT=8000\nEMPTY=\nB_SECRET=\nC_SECRET=given\n")

    values = dict(line.split("=", 1) for line in made.splitlines())
    assert len(values["A_SECRET"]) >= 64
    assert len({values["A_SECRET"], values["B_SECRET"]}) == 2
    assert (values["PORT"], values["EMPTY"], values["C_SECRET"]) == ("8000", "", "given")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(make_env, "ROOT", tmp_path)
    return tmp_path


def test_the_file_is_for_its_owner_and_is_never_overwritten(folder: Path) -> None:
    (folder / ".env.example").write_text("A_SECRET=\n")

    make_env.main()
    written = (folder / ".env").read_text()
    make_env.main()

    assert (folder / ".env").read_text() == written
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600


def test_variables_of_an_update_are_added(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else: the rest is somebody's own, and so is what they have commented out."""
    own = "# mine\nPORT=9000\n#LOG_LEVEL=DEBUG\nexport A_SECRET=given"
    (folder / ".env").write_text(own)
    (folder / ".env.example").write_text(
        "# Where.\nPORT=8000\nLOG_LEVEL=INFO\nA_SECRET=\nB_SECRET=\n# Seconds.\nWAIT=5\nEMPTY=\n"
    )

    make_env.main()
    added = (folder / ".env").read_text().removeprefix(f"{own}\n")
    told = capsys.readouterr().out

    values = dict(line.split("=", 1) for line in filter(None, added.splitlines()))
    secret = values.pop("B_SECRET")
    assert values == {"WAIT": "5", "EMPTY": ""}
    assert len(secret) >= 64
    assert "B_SECRET, WAIT, EMPTY" in told
    assert secret not in told
    make_env.main()
    assert capsys.readouterr().out == ""
