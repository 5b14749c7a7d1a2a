import re
import subprocess
from pathlib import Path

from dotenv import dotenv_values

from app.core.config import Settings
from scripts.make_env import make_env

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def read_variables() -> dict[str, str]:
    """Returns each variable of the example and the comment above its group."""
    reasons: dict[str, str] = {}
    reason = ""
    after_comment = False
    for line in EXAMPLE.read_text().splitlines():
        if line.startswith("#"):
            reason = f"{reason} {line}" if after_comment else line
        elif match := re.match(r"(\w+)=", line):
            assert match[1] not in reasons, f"{match[1]} is there twice"
            reasons[match[1]] = reason
        elif not line:
            reason = ""
        after_comment = line.startswith("#")
    return reasons


def test_every_setting_is_in_the_example_and_nothing_else() -> None:
    assert set(read_variables()) == {name.upper() for name in Settings.model_fields}


def test_every_variable_has_its_reason() -> None:
    assert [name for name, reason in read_variables().items() if len(reason) < 10] == []


def test_a_new_checkout_has_settings_to_start_with(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(make_env(EXAMPLE.read_text()))

    assert Settings(_env_file=env_file).refusals() == []


def test_a_shell_reads_what_the_service_reads(tmp_path: Path) -> None:
    """Quote values with blanks, quotes, $, & or #: `NAME='a b'`."""
    env_file = tmp_path / ".env"
    env_file.write_text(make_env(EXAMPLE.read_text()))
    script = "set -a; . ./.env; env -0"
    command = ["sh", "-euc", script]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    read = dict(line.split("=", 1) for line in done.stdout.split("\0") if line)

    assert done.stderr == ""
    assert {name: read.get(name) for name in read_variables()} == dotenv_values(env_file)
