"""The settings of this machine's package index, as secrets of a build: no layer keeps them."""

import os
import re
import subprocess
from ast import literal_eval
from pathlib import Path

# Others name files that an image does not have.
SETTINGS = ("extra-index-url", "index-url", "proxy", "trusted-host")
# Where a person keeps them, and where an administrator does.
UV_FILES = (Path("~/.config/uv/uv.toml").expanduser(), Path("/etc/uv/uv.toml"))


def index_secrets(folder: Path, python: str, mark: str) -> list[str]:
    """Write the files, each with a mark to look for, and return the options of the build."""
    files = {"pip.conf": pip_settings(python), "uv.toml": uv_settings()}
    for name, text in files.items():
        (folder / name).write_text(f"# {mark}\n{text}", encoding="utf-8")
    return [f"--secret=id={name},src={folder / name}" for name in files]


def pip_settings(python: str) -> str:
    """Read those of files and of variables."""
    listed = subprocess.run(
        [python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    found = re.findall(r"^[\w:]+\.([\w-]+)=(.+)$", listed, re.MULTILINE)
    lines = [f"{name} = {literal_eval(value)}" for name, value in found if name in SETTINGS]
    return "\n".join(["[global]", *lines, ""])


def uv_settings() -> str:
    lines = [path.read_text(encoding="utf-8") for path in UV_FILES if path.is_file()][:1]
    if index := os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL"):
        lines.insert(0, f'index-url = "{index}"')
    # The machine may have an authority of its own, which uv does not know.
    return "\n".join(["system-certs = true", *lines, ""])
