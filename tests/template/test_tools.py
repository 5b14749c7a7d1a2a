"""What a service's commands install, and that its CI, its image and its laptops agree on it."""

import re
import subprocess
from pathlib import Path

from tests.support.rendering import UV, clean_environment, git, run
from tests.support.services import EVERYTHING, Services
from tests.support.template_files import rendered_files, template_files


def make(service: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["make", *arguments],
        cwd=service,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_uv_is_of_one_version_everywhere() -> None:
    makefile = rendered_files()["Makefile.jinja"]
    [made] = re.findall(r"^UV_VERSION := ([0-9.]+)$", makefile, re.MULTILINE)
    installed = [
        version
        for text in template_files().values()
        for version in re.findall(r"pip install [^\n]*\buv\b([^\s]*)", text)
    ]

    assert set(installed) == {f"=={made}", "==$(UV_VERSION)"}


def test_another_uv_on_the_path_is_left_alone(services: Services, tmp_path: Path) -> None:
    service = services.rendered(EVERYTHING.answers)
    for version, used in (("0.1.0", ".tools/uv-"), ("0.13.90", ".tools/uv-"), ("0.13.9", "/uv")):
        program = tmp_path / version / "uv"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho uv {version}\n")
        program.chmod(0o755)
        path = f"{program.parent}:{clean_environment()['PATH']}"
        said = run(service, "make", "--dry-run", "lock-check", PATH=path)
        assert used in said
        assert (str(program) in said) == (used == "/uv")


def test_ci_demands_the_lock_that_the_image_demands(services: Services, tmp_path: Path) -> None:
    """A lock that is behind pyproject.toml passed CI, which wrote it anew, and broke the image."""
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    workflow = template_files()[".github/workflows/ci.yml.jinja"]
    assert workflow.index("make lock-check") < workflow.index("make setup")
    assert "uv sync --locked" in template_files()["Dockerfile.jinja"]

    assert make(service, "lock-check", f"UV={UV}").returncode == 0
    pyproject = service / "pyproject.toml"
    pyproject.write_text(re.sub(r'\n    "typer>=[^\n]*', "", pyproject.read_text()))
    stale = make(service, "lock-check", f"UV={UV}")
    (service / "uv.lock").unlink()
    missing = make(service, "lock-check", f"UV={UV}")

    assert stale.returncode != 0
    assert "needs to be updated" in stale.stderr
    assert missing.returncode != 0
    assert "Commit the uv.lock that 'make setup' writes." in missing.stdout


def test_git_ignores_the_keys_that_the_documentation_makes(
    services: Services, tmp_path: Path
) -> None:
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    made = set(re.findall(r"-out (\S+)", template_files()["docs/secrets.md.jinja"]))
    git(service, "init", "--quiet")

    for name in [*made, "server.pem", "server.key", ".env"]:
        assert git(service, "check-ignore", name).strip() == name
    assert "key.pem" in made
