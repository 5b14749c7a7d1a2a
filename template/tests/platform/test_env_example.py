import re
import subprocess
from pathlib import Path

from dotenv import dotenv_values

from app.core.config import Settings
from scripts.make_env import make_env

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def read_variables() -> list[tuple[str, str]]:
    """Returns each variable of the example and the comment above its group."""
    groups = re.findall(r"((?:^#.*\n)+)((?:^\w+=.*\n)+)", EXAMPLE.read_text(), re.MULTILINE)
    return [(name, reason) for reason, lines in groups for name in re.findall(r"(?m)^\w+", lines)]


def test_every_setting_is_in_the_example_once_and_has_its_reason() -> None:
    names = sorted(name for name, reason in read_variables() if len(reason) > 10)

    assert names == sorted(name.upper() for name in Settings.model_fields)


def test_a_new_checkout_has_settings_to_start_with(tmp_path: Path) -> None:
    """A shell reads the same ones. Quote values with blanks, quotes, $, & or #: `NAME='a b'`."""
    env_file = tmp_path / ".env"
    env_file.write_text(make_env(EXAMPLE.read_text()))
    command = ["env", "-i", "/bin/sh", "-euc", "set -a; . ./.env; env -0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    read = dict(line.split("=", 1) for line in done.stdout.split("\0") if line)

    assert Settings(_env_file=env_file).refusals() == []
    assert done.stderr == ""
    assert {**read, **dotenv_values(env_file)} == read
