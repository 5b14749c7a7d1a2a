"""Services changed by hand take a careful and a careless release, by their own `make update`."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.careless_release import DELETED_TEST, ITS_PLACE, MOVED_DOC
from tests.support.newer_release import NEWER_PICTURE, NEWER_SEAM, NEWER_TEXT, replace
from tests.support.releases import (
    CARELESS,
    LINES,
    NEWER,
    OLDER,
    Releases,
    conflicts,
)
from tests.support.rendering import NEWEST, UV, clean_environment, commit
from tests.support.services import EVERYTHING

LICENCE, OWNERS = "LICENSE", ".github/CODEOWNERS"
DELETED = [
    ".devcontainer/devcontainer.json",
    OWNERS,
    "CHANGELOG.md",
    LICENCE,
    "README.md",
    "compose.override.yaml",
    "deploy/monitoring/alerts/objectives.yml",
    "docs/caching.md",
    "project.mk",
]
MODULE, PACKAGE = "app/extensions.py", "app/extensions/__init__.py"
# Lines in the middle of the platform's files.
EDITS = {
    ".github/workflows/ci.yml": ("    timeout-minutes: 20\n", "    timeout-minutes: 45\n"),
    "Dockerfile": ("EXPOSE 8000\n", "EXPOSE 8000 9000\n"),
    "Makefile": ("PYTHON ?= python3\n", "PYTHON ?= python3.13\n"),
}
MOVED, OWN_PLACE = "docs/secrets.md", "docs/operations/secrets.md"
ADDED = {
    LICENCE: "\nThe pictures are by Ann.\n",
    OWNERS: "/docs @acme/writers\n",
    MOVED_DOC: "\nWhat we have found out.\n",
}
OWNER = "@acme/orders"


@dataclass
class Updated:
    """A service after an update, and what that said."""

    service: Path
    exit_code: int
    said: str


def make_update(service: Path, *arguments: str) -> Updated:
    command = ["make", "--silent", "update", f"UV={UV}", f"PYTHON={sys.executable}"]
    done = subprocess.run(
        [*command, f"ARGS={' '.join(arguments)}"],
        cwd=service,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Updated(service, done.returncode, done.stdout)


def make_tidy(service: Path) -> None:
    """Delete what this team has no use for, and let a seam grow."""
    for name in DELETED:
        (service / name).unlink()
    (service / PACKAGE).parent.mkdir()
    (service / MODULE).rename(service / PACKAGE)


def make_restless(service: Path) -> None:
    """Move files of the platform, edit them, and take places that it will want."""
    for name, (old, new) in EDITS.items():
        replace(service / name, old, new)
    for name, lines in ADDED.items():
        with (service / name).open("a", encoding="utf-8") as file:
            file.write(lines)
    (service / OWN_PLACE).parent.mkdir()
    (service / MOVED).rename(service / OWN_PLACE)
    (service / NEWER_TEXT).write_text("# Glossary\n\nOf the team.\n", encoding="utf-8")
    (service / NEWER_PICTURE).write_bytes(b"\x89PNG\0 of the team")


@pytest.fixture(scope="module", params=[NEWER, CARELESS])
def tidy(
    request: pytest.FixtureRequest, releases: Releases, tmp_path_factory: pytest.TempPathFactory
) -> Updated:
    service = releases.born(EVERYTHING.answers, OLDER, tmp_path_factory.mktemp("tidy") / "service")
    make_tidy(service)
    commit(service, "Tidy up")
    return make_update(service, "--vcs-ref", request.param)


def test_deleted_seams_stay_deleted(tidy: Updated) -> None:
    assert [name for name in DELETED if (tidy.service / name).exists()] == []


def test_a_seam_that_has_become_a_package_stays_one(tidy: Updated) -> None:
    assert (tidy.service / PACKAGE).exists()
    assert not (tidy.service / MODULE).exists()


def test_an_update_without_conflicts_succeeds(tidy: Updated) -> None:
    assert tidy.exit_code == 0, tidy.said
    assert conflicts(tidy.service) == []


def test_files_that_are_absent_here_are_named(tidy: Updated) -> None:
    assert re.search(r"^Not here, .*:\n  docs/caching\.md$", tidy.said, re.MULTILINE), tidy.said


@pytest.fixture(scope="module")
def restless(
    releases: Releases, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Updated, Updated]:
    """One that has taken the careful release, and one that has taken the careless one."""
    place = tmp_path_factory.mktemp("restless")
    updated = []
    for version in (NEWER, CARELESS):
        service = releases.born(EVERYTHING.answers, OLDER, place / version)
        make_restless(service)
        commit(service, "Move on")
        updated.append(make_update(service, "--vcs-ref", version, "--data", f"owner={OWNER}"))
    return updated[0], updated[1]


def test_edits_of_platform_files_are_merged(restless: tuple[Updated, Updated]) -> None:
    for updated in restless:
        texts = {name: (updated.service / name).read_text(encoding="utf-8") for name in EDITS}
        assert [name for name, (_, new) in EDITS.items() if new not in texts[name]] == []
        assert set(EDITS) & set(conflicts(updated.service)) == set()
    assert LINES[NEWER] in (restless[0].service / "Dockerfile").read_text(encoding="utf-8")


def test_another_owner_takes_effect_beside_what_the_team_added(
    restless: tuple[Updated, Updated],
) -> None:
    for updated in restless:
        licence, owners = (
            (updated.service / name).read_text("utf-8") for name in (LICENCE, OWNERS)
        )
        assert f"Copyright {OWNER.removeprefix('@')}." in licence
        assert f"* {OWNER}\n" in owners
        assert licence.endswith(ADDED[LICENCE])
        assert owners.endswith(ADDED[OWNERS])


def test_a_seam_of_a_later_release_arrives(restless: tuple[Updated, Updated]) -> None:
    assert (restless[0].service / NEWER_SEAM).exists()


def test_a_file_that_both_have_is_named_and_fails_the_update(
    restless: tuple[Updated, Updated],
) -> None:
    """Text has conflict markers then; of a picture there is the platform's, and nothing to see."""
    careful, _ = restless
    taken = re.search(r"^Yours, and now .*:\n((?:  .+\n)+)", careful.said, re.MULTILINE)

    assert careful.exit_code != 0
    assert taken, careful.said
    assert taken[1].split() == [NEWER_PICTURE, NEWER_TEXT]
    assert f"In conflict: look for <<<<<<<, resolve, `git add`:\n  {NEWER_TEXT}\n" in careful.said
    assert (careful.service / NEWER_PICTURE).read_bytes().endswith(b"of the platform")
    assert conflicts(careful.service) == [NEWER_TEXT]


def test_a_file_that_has_gone_is_named(restless: tuple[Updated, Updated]) -> None:
    """What the team had changed in it is there no longer, wherever the release has moved it."""
    _, careless = restless

    assert re.search(rf"^Deleted .*:\n  {MOVED_DOC}\n  {DELETED_TEST}$", careless.said, re.M)
    assert (careless.service / ITS_PLACE).exists()
    assert re.search(rf"^Not here, .*:\n  {MOVED}$", careless.said, re.M)
    assert (careless.service / OWN_PLACE).exists()


def test_a_conflict_is_named_and_fails_the_update(releases: Releases, tmp_path: Path) -> None:
    edited = "app/main.py"
    service = releases.born(EVERYTHING.answers, OLDER, tmp_path / "service")
    text = (service / edited).read_text(encoding="utf-8")
    (service / edited).write_text(text.replace(LINES[OLDER], "A line of ours"), encoding="utf-8")
    commit(service, "Edit what is not ours")
    updated = make_update(service, "--vcs-ref", NEWEST)

    assert updated.exit_code != 0
    assert f"In conflict: look for <<<<<<<, resolve, `git add`:\n  {edited}\nmake" in updated.said
    assert conflicts(service) == [edited]
    assert f"{edited}:1: leftover conflict marker" in fail(service, "git", "diff", "--check")
    commit(service, "Look at nothing")
    assert f"{edited}:1:<<<<<<< before updating" in fail(service, "scripts/run_checks.sh")


def fail(service: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=service, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return done.stdout


def test_a_template_at_a_relative_path_is_told(releases: Releases, tmp_path: Path) -> None:
    service = releases.born(EVERYTHING.answers, NEWEST, tmp_path / "service")
    answers = service / ".copier-answers.yml"
    there = f"_src_path: {releases.template}"
    replace(answers, there, "_src_path: path/to/groundwork")
    commit(service, "As if made from a relative path")
    refused = make_update(service)

    assert refused.exit_code != 0
    assert "made from a relative path, path/to/groundwork" in refused.said
    assert "Traceback" not in refused.said

    replace(answers, "path/to/groundwork", os.path.relpath(releases.template, service))
    commit(service, "Still relative, but found from here")
    assert make_update(service).exit_code == 0
