"""`make test-platform`: the platform's own tests of a release, against a service made of it."""

import re
from pathlib import Path

import pytest

from tests.support.rendering import (
    NEWEST,
    TEMPLATE_FILES,
    Combination,
    commit,
    copy_template,
    git,
    install,
    render,
    run,
)
from tests.support.services import EVERYTHING
from tests.support.suites import FEWEST_SERVICE_TESTS, results
from tests.support.team_edits import edit, make_tables

RELEASED = (*TEMPLATE_FILES, "tests/service", "requirements/service-tests.txt")
HEADERS = "app/middleware/security_headers.py"
COMMAND = ("make", "test-platform")
# To collect the rest, and leave it out, takes longer than these few run.
ONE_FILE = "ARGS=--ignore-glob=*/tests/service/[!m]* -k test_security_headers"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The part of this repository that services need: a release, and a commit after it."""
    template = copy_template(tmp_path_factory.mktemp("released"), RELEASED)
    (template / "CHANGELOG.md").write_text("A commit after the release.\n")
    commit(template, "Tell what is new")
    return template


@pytest.fixture(scope="module")
def service(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(render(released, tmp_path_factory.mktemp("born"), EVERYTHING.answers))


def packages(service: Path) -> set[str]:
    return {path.name for path in service.glob(".venv/lib/python*/site-packages/*")}


def test_a_service_is_tested_by_its_release(service: Path) -> None:
    """Green as it is, red with a broken file of the platform, and nothing is installed in it."""
    before = packages(service)
    assert results(run(service, *COMMAND, ONE_FILE)).passed > 3

    text = (service / HEADERS).read_text()
    try:
        (service / HEADERS).write_text(text.replace("DENY", "SAMEORIGIN"))
        with pytest.raises(AssertionError, match=r"FAILED .*test_every_response_has_them"):
            run(service, *COMMAND, ONE_FILE)
    finally:
        (service / HEADERS).write_text(text)
    assert "DENY" in text
    assert packages(service) == before
    assert not list(service.glob(".pytest_cache"))


def test_a_commit_between_releases_is_found(released: Path, tmp_path: Path) -> None:
    service = render(released, tmp_path / "service", EVERYTHING.answers, vcs_ref="HEAD")

    answers = (service / ".copier-answers.yml").read_text()
    assert re.search(rf"^_commit: {NEWEST}-1-g\w+$", answers, re.MULTILINE)
    assert results(run(install(service), *COMMAND, ONE_FILE)).passed > 3


@pytest.mark.parametrize(
    "address", ["https://user:secret@127.0.0.1:1/template.git", "/nowhere/template"]
)
def test_a_template_that_cannot_be_reached_is_one_sentence(
    service: Path, released: Path, address: str
) -> None:
    answers = service / ".copier-answers.yml"
    text = answers.read_text()
    try:
        answers.write_text(re.sub("(?m)^_src_path: .*", f"_src_path: {address}", text))
        with pytest.raises(AssertionError) as raised:
            run(service, *COMMAND)
        assert results(run(service, *COMMAND, ONE_FILE, f"TEMPLATE={released}")).passed > 3
    finally:
        answers.write_text(text)

    [sentence, end] = str(raised.value).splitlines()[1:]
    assert sentence.startswith(f"The template at {NEWEST} cannot be fetched from the _src_path in")
    assert sentence.endswith("or name a checkout: make test-platform TEMPLATE=path")
    assert "secret" not in sentence
    assert re.fullmatch(r"make: \*\*\* .* Error 1", end)


def test_a_path_without_the_template_is_refused(service: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="TEMPLATE names a checkout of the template"):
        run(service, *COMMAND, f"TEMPLATE={tmp_path}")


def test_a_service_that_its_team_has_changed_passes(released: Path, tmp_path: Path) -> None:
    """With every recipe followed, and the example gone."""
    combination: Combination = EVERYTHING
    service = render(released, tmp_path / "service", combination.answers)
    git(service, "init", "--quiet", "--initial-branch", "main")
    commit(install(service), "Make the service")
    make_tables(service, combination)
    edit(service)
    run(service, "make", "migration", "m=orders instead of items")

    assert not (service / "app/services/items.py").exists()
    assert results(run(service, *COMMAND)).passed > FEWEST_SERVICE_TESTS
