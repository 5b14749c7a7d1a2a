from pathlib import Path

import pytest

from app.core.settings.platform_version import PLATFORM_VERSION, read_platform_version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("_commit: v1.4.0\n_src_path: x\n", "v1.4.0"),
        ("# Written by Copier\n_commit: '1234567'\nproject_name: _commit: v9\n", "1234567"),
        ("_src_path: x\n", "unknown"),
    ],
)
def test_the_version_is_read_from_the_answers_file(tmp_path: Path, text: str, version: str) -> None:
    answers = tmp_path / "answers.yml"
    answers.write_text(text)

    assert read_platform_version(answers) == version


def test_the_version_is_unknown_without_the_file(tmp_path: Path) -> None:
    assert read_platform_version(tmp_path / "none.yml") == "unknown"


def test_this_service_knows_its_own() -> None:
    """From the folder that it runs in, where the suite has services without a release too."""
    assert read_platform_version(Path(".copier-answers.yml")) == PLATFORM_VERSION
