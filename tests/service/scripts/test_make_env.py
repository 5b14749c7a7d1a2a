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


def test_the_file_is_for_its_owner_and_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env.example").write_text("A_SECRET=\n")
    monkeypatch.setattr(make_env, "ROOT", tmp_path)

    make_env.main()
    written = (tmp_path / ".env").read_text()
    make_env.main()

    assert (tmp_path / ".env").read_text() == written
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
