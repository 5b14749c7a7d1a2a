"""Render and install what is measured: the working tree, or a commit beside it."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import run

from benchmarks.arguments import ROOT, TEMPLATE
from tests.support.rendering import NEWEST, commit, copy_template, git, install, render

# What a service is made of when nobody answers anything, and the same without Redis.
DEFAULT: dict[str, object] = {}
WITHOUT_REDIS: dict[str, object] = {"use_redis": False}
WITH_TRACES: dict[str, object] = {"use_opentelemetry": True}


def make_service(folder: Path, answers: Mapping[str, object], commit_id: str = "") -> Path:
    """Render the working tree, or a commit, and run the service's `make setup`."""
    template = folder.with_name(f"{folder.name}-template")
    template.mkdir(parents=True)
    if commit_id:
        export(commit_id, template)
    else:
        copy_template(template)
    return install(render(template, folder, answers))


def export(commit_id: str, folder: Path) -> None:
    """Make a repository whose one release is a commit's template."""
    archive = run(
        ["git", "archive", commit_id, *TEMPLATE], cwd=ROOT, check=True, capture_output=True
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "Release")
    git(folder, "tag", NEWEST)
