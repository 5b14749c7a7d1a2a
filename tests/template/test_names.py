"""The longest, the shortest and the most awkward answers."""

import html
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.support.clean import flaws
from tests.support.processes import app, serving
from tests.support.reach import reached
from tests.support.rendering import run
from tests.support.services import EVERYTHING, NOTHING, Services
from tests.support.suites import FEWEST_TESTS, UNMEASURED, results, service_suite
from tests.support.template_files import SUFFIX, environment, names_in, rendered_files

RUFF = str(Path(sys.executable).with_name("ruff"))
# Everything at once: each quote, escapes, a tag, shell, markup, comments, two more scripts.
WORST_NAME = '"\'\\{{ x }}$HOME`%d[/b]#: */"""</script>é😀שלום\\'
WORST_DESCRIPTION = (
    r"# {% raw %} ${HOME} $(id) %(x)s ''' <b>&amp; --> \n \u0041 @x *y* | " + WORST_NAME
)
TEXTS = {
    "quotes": "\"Double\" and 'single' and `back`",
    "three quotes": '"""Orders"""',
    "escapes": r"C:\new\table\u0041 \x00",
    "a backslash at the end": "Orders\\",
    "scripts of many languages": "Ünïcode 日本 заказы שלום مرحبا",
    "emoji": "Orders 🚀 👍🏽",
    "braces": "{orders} {0} {} {{ x }}",
    "tags": "{{ x }} {% raw %}",
    "comments": "# Orders // */ --> ;",
    "yaml": "orders: [a, &b, *c] | > !x",
    "formats": "100 %s %(x)d %",
    "shell": "$HOME ${HOME} $(id) !x ~",
    "html": "</script><b>&amp;",
    "markdown": "[a](b) **c** | _d_ <!-- #",
    "rich markup": "[/b] [red]",
    "a folder": "/tmp/orders",  # noqa: S108 - a text
    "an address": "0.0.0.0",  # noqa: S104 - a text
    "a number": "1e3",
    "a word of yaml": "null",
}
LONGEST = {
    "project_name": "N" * 50,
    "project_slug": "s" * 40,
    "project_description": "d" * 200,
    "owner": "@" + "o" * 50,
}
SHORTEST = {"project_name": "N", "project_slug": "abc", "project_description": "d", "owner": "o"}
WORST = {
    "project_name": WORST_NAME,
    "project_slug": "a-1" * 13 + "z",
    "project_description": WORST_DESCRIPTION,
    "owner": "@org/the.team_1",
}
ANSWERS: dict[str, dict[str, str]] = {
    "longest": LONGEST,
    "shortest": SHORTEST,
    "worst": WORST,
    **{kind: {"project_name": text, "project_description": text} for kind, text in TEXTS.items()},
}


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_answers_render_clean(answers: dict[str, str], services: Services) -> None:
    assert_clean(services.rendered(EVERYTHING.answers | answers), answers)


@pytest.mark.parametrize("answers", [LONGEST, SHORTEST, WORST])
def test_the_worst_texts_are_green_without_options(
    answers: dict[str, str], services: Services
) -> None:
    assert_clean(services.rendered(NOTHING.answers | answers), answers)


def assert_clean(service: Path, answers: dict[str, str]) -> None:
    assert flaws(service) == []
    run(service, RUFF, "check", "--no-cache", ".")
    run(service, RUFF, "format", "--check", "--no-cache", ".")
    recorded = yaml.safe_load((service / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert answers.items() <= recorded.items()
    project = tomllib.loads((service / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == recorded["project_slug"]
    assert project["description"] == recorded["project_description"]


def test_the_length_of_an_answer_does_not_decide_the_format(
    services: Services, tmp_path: Path
) -> None:
    """The formatter moves a text to a line of its own when it fits there and not where it is."""
    settings = (services.rendered(EVERYTHING.answers) / "pyproject.toml").read_text()
    sources = {
        name.removesuffix(SUFFIX): text
        for name, text in rendered_files().items()
        if name.endswith(f".py{SUFFIX}") and "project_description" in names_in(text)
    }
    assert "app/core/settings/project.py" in sources
    for length in range(1, 201):
        service = tmp_path / str(length)
        answers = {name: value[:length] for name, value in LONGEST.items()} | EVERYTHING.answers
        for name, source in sources.items():
            (service / name).parent.mkdir(parents=True, exist_ok=True)
            (service / name).write_text(environment().from_string(source).render(answers))
        (service / "pyproject.toml").write_text(settings)

    run(tmp_path, RUFF, "format", "--check", "--no-cache", ".")
    run(tmp_path, RUFF, "check", "--no-cache", ".")


def test_a_service_with_the_worst_texts_is_green(services: Services) -> None:
    service = services.installed(WORST)
    tests = reached(services.rendered(WORST), [services.rendered(EVERYTHING.answers)])

    assert results(services.check(service, UNMEASURED)).passed > FEWEST_TESTS
    assert service_suite(service, tests=tests).passed > FEWEST_TESTS


def test_a_service_with_the_worst_texts_says_them_as_they_are(
    services: Services, tmp_path: Path
) -> None:
    service = services.installed(WORST)
    database = f"sqlite:///{tmp_path}/data.db"
    log = tmp_path / "log"
    with serving(service, log, app("serve"), DATABASE_URL=database) as process:
        told = process.client.get("/openapi.json").json()["info"]
        health = process.client.get("/health").json()
        page = process.client.get("/docs").text

    assert (told["title"], told["description"]) == (WORST_NAME, WORST_DESCRIPTION)
    assert health["name"] == WORST_NAME
    assert f"<title>{html.escape(WORST_NAME)}</title>" in page


def test_the_commands_of_a_service_with_the_worst_texts_have_help(services: Services) -> None:
    service = services.installed(WORST)

    for command in ([], ["create-owner"]):
        assert "--help" in run(service, *app(*command, "--help"))


@pytest.mark.parametrize(
    ("owner", "line"),
    [("platform-team", "* @platform-team"), ("@org/team", "* @org/team"), ("o", "* @o")],
)
def test_the_owner_is_asked_for_reviews(owner: str, line: str, services: Services) -> None:
    service = services.rendered({"owner": owner})

    assert line in (service / ".github/CODEOWNERS").read_text().splitlines()


@pytest.mark.parametrize(
    ("licence", "sentence"),
    [
        ("Proprietary", "All rights reserved"),
        ("MIT", "Permission is hereby granted, free of charge"),
        ("Apache-2.0", "Apache License"),
    ],
)
def test_the_licence_is_the_one_that_was_chosen(
    licence: str, sentence: str, services: Services
) -> None:
    text = (services.rendered({"license": licence}) / "LICENSE").read_text()

    assert sentence in text
    assert flaws(services.rendered({"license": licence})) == []
