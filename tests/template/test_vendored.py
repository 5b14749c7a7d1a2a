import tarfile
from pathlib import Path

import pytest

from tools.vendor_swagger_ui import FILES, FOLDER, SUMS, sums, unpack


def test_vendored_files_have_their_recorded_hashes() -> None:
    first, recorded = (FOLDER / SUMS).read_text().split("\n", 1)

    assert first.startswith("# swagger-ui-dist ")
    assert recorded == sums(FOLDER)
    # Ours, and no part of the package.
    assert {path.name for path in FOLDER.iterdir()} == {*FILES, SUMS, "initialize.js"}


def test_an_update_gives_what_is_vendored(tmp_path: Path) -> None:
    folder = tmp_path / "swagger-ui"
    folder.mkdir()
    version = (FOLDER / SUMS).read_text().split()[2]
    unpack(pack(tmp_path, FILES), folder, version)

    assert {path.name for path in folder.iterdir()} == {*FILES, SUMS}
    for path in folder.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes()


def test_a_package_without_a_file_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "swagger-ui"
    folder.mkdir()

    with pytest.raises(KeyError, match=FILES[-1]):
        unpack(pack(tmp_path, FILES[:-1]), folder, "1.0.0")
    assert list(folder.iterdir()) == []


def pack(folder: Path, names: tuple[str, ...]) -> Path:
    archive = folder / "package.tgz"
    with tarfile.open(archive, "w:gz") as package:
        for name in names:
            package.add(FOLDER / name, f"package/{name}")
    return archive
