"""The template's source, before anything is rendered."""

import re
import sys
from fnmatch import fnmatch
from itertools import combinations
from math import prod
from pathlib import Path
from shutil import copytree

import pytest

from benchmarks import in_service
from tests.support.insertions import ANSWERS_FILE, OVERLAYS
from tests.support.releases import KEPT, MERGED
from tests.support.rendering import COMBINATIONS, OPTIONS, ROOT, run
from tests.support.services import (
    COVERING,
    DEFAULT,
    EVERYTHING,
    EXTREMES,
    NOTHING,
    Services,
    pairs,
)
from tests.support.suites import ATTACKS, SERVICE_TESTS
from tests.support.template_files import (
    OF_COPIER,
    SUFFIX,
    VENDORED,
    active_path,
    configuration,
    kept_files,
    names_in,
    questions,
    rendered_files,
    strings,
    template_files,
)
from tools.omit_platform_code import omit_platform_code

RUFF = str(Path(sys.executable).with_name("ruff"))
FIRST_PARTY = (
    'lint.isort.known-first-party = ["app", "isolation", "scripts", "service", "tests", "tokens"]'
)
TAG = re.compile(r"\{[{%#]")
# A workflow's own expressions look like ours, which is why it may not have the suffix.
WORKFLOW_EXPRESSION = re.compile(r"\$\{\{")
LINE_TAG = re.compile(r"\{[%#].*?[%#]\}")
NEWLINE_EATERS = re.compile(r"\{[{%#]-|-[}%#]\}")
YES_OR_NO = [option for option, answers in OPTIONS.items() if answers == [True, False]]
CONDITIONS = [
    "_copier_operation == 'update'",
    *YES_OR_NO,
    *(f"not {option}" for option in YES_OR_NO),
]
# A choice that is a text of its own, and changes nothing else.
LICENCE = "license"
# Seams and examples that an option brings, by the folder that they are in.
BROUGHT = {"/app/db/migrations/": "use_alembic", "/deploy/kubernetes/": "use_kubernetes"}


@pytest.mark.parametrize("name", rendered_files())
def test_a_file_takes_names_that_there_are(name: str) -> None:
    assert names_in(template_files()[name]) <= questions().keys() | OF_COPIER


@pytest.mark.parametrize("name", template_files())
def test_a_file_name_takes_names_that_there_are(name: str) -> None:
    assert names_in(name) <= questions().keys() | OF_COPIER


def test_the_configuration_takes_names_that_there_are() -> None:
    for text in strings(configuration()):
        assert names_in(text) <= questions().keys() | OF_COPIER, text


def test_every_question_changes_a_service() -> None:
    sources = [*rendered_files().values(), *template_files(), *configuration()["_exclude"]]
    used = set().union(*map(names_in, sources))
    asked = {name for name, question in questions().items() if question.get("when") is not False}

    assert asked - used == set()


def test_every_answer_to_every_option_is_tried() -> None:
    asked = {
        name: question.get("choices", [True, False])
        for name, question in questions().items()
        if (question["type"] == "bool" or "choices" in question) and name != LICENCE
    }

    assert asked == OPTIONS
    assert len(set(COMBINATIONS)) == prod(map(len, OPTIONS.values()))


def test_every_file_of_the_platform_is_marked() -> None:
    """A new file takes a line in .gitattributes.jinja; test_platform_files.py has the details."""
    marks = re.findall(
        r"^(\S+) linguist-gen", template_files()[".gitattributes.jinja"], re.MULTILINE
    )
    names = {name.removesuffix(SUFFIX) for name in template_files()} - {ANSWERS_FILE}
    expected = names - KEPT - MERGED - OVERLAYS

    assert [name for name in expected if not any(fnmatch(name, mark) for mark in marks)] == []


def test_code_that_is_marked_is_left_out_of_coverage() -> None:
    """Otherwise: python -m tools.omit_platform_code."""
    settings = template_files()["pyproject.toml.jinja"]

    assert omit_platform_code(template_files()[".gitattributes.jinja"], settings) == settings


def test_services_are_updated_by_the_copier_that_proves_it() -> None:
    pinned = re.findall(r"copier==[\d.]+", template_files()["Makefile.jinja"])

    assert pinned == re.findall(
        r"^copier==[\d.]+", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE
    )


def test_suites_run_with_every_pair_of_answers() -> None:
    """And with all, with nothing, and with what somebody gets who answers nothing."""
    wanted = set().union(*map(pairs, COMBINATIONS))

    assert len(wanted) == sum(
        len(one) * len(other) for one, other in combinations(OPTIONS.values(), 2)
    )
    assert set().union(*map(pairs, COVERING)) == wanted
    assert {EVERYTHING, NOTHING, DEFAULT} <= set(COVERING)
    assert len(COVERING) < 8


def test_each_answer_is_in_one_of_the_extremes() -> None:
    """What is tested in these two only is tested with every answer."""
    for option, answers in OPTIONS.items():
        assert {extreme.answers[option] for extreme in EXTREMES} == set(answers)


def test_every_hidden_question_helps_another() -> None:
    for name, question in questions().items():
        others = [other for other in questions().values() if other is not question]
        used = set().union(*map(names_in, strings(others)))
        assert name in used or question.get("when") is not False


@pytest.mark.parametrize("name", [name for name in template_files() if SUFFIX not in name])
def test_a_file_without_the_suffix_has_no_tags(name: str) -> None:
    text = template_files()[name]
    if name.startswith(".github/workflows/"):
        text = WORKFLOW_EXPRESSION.sub("", text)

    assert TAG.findall(text) == []


@pytest.mark.parametrize("name", rendered_files())
def test_a_file_with_the_suffix_has_tags(name: str) -> None:
    assert TAG.search(template_files()[name])


@pytest.mark.parametrize("name", rendered_files())
def test_tags_of_blocks_stand_alone_on_their_lines(name: str) -> None:
    """Behind text they would eat the end of its line."""
    for line in template_files()[name].splitlines():
        tags = LINE_TAG.findall(line)
        assert tags in ([], [line.strip()]), line
        assert bool(tags) == bool(re.search(r"\{[%#]|[%#]\}", line)), line


def test_no_tag_eats_a_newline() -> None:
    places = {
        **rendered_files(),
        **{f"the name of {name}": name for name in template_files()},
        "copier.yml": (ROOT / "copier.yml").read_text(encoding="utf-8"),
    }

    assert [name for name, text in places.items() if NEWLINE_EATERS.search(text)] == []


def test_nine_of_ten_python_files_have_no_jinja() -> None:
    sources = [
        name
        for name, text in template_files().items()
        if name.removesuffix(SUFFIX).endswith(".py") and text.strip()
    ]
    plain = [name for name in sources if not name.endswith(SUFFIX)]

    assert len(plain) / len(sources) >= 0.9


def test_copier_is_told_nothing_that_asks_for_trust() -> None:
    """With tasks, migrations or extensions, updates ask for --trust, and bots cannot make them."""
    assert {name for name in configuration() if name.startswith("_")} == {
        "_envops",
        "_exclude",
        "_message_after_copy",
        "_message_after_update",
        "_min_copier_version",
        "_skip_if_exists",
        "_subdirectory",
    }
    assert configuration()["_min_copier_version"] == "9.16"
    assert configuration()["_subdirectory"] == "template"


def test_jinja_is_set_as_these_tests_set_it() -> None:
    assert configuration()["_envops"] == {
        "keep_trailing_newline": True,
        "lstrip_blocks": True,
        "trim_blocks": True,
        "undefined": "jinja2.StrictUndefined",
    }


def test_every_entry_of_the_manifest_is_one_conditional_path() -> None:
    bytecode, entries = configuration()["_exclude"][:2], configuration()["_exclude"][2:]

    assert bytecode == ["__pycache__", "*.py[co]"]
    for entry in entries:
        paths = [active_path(entry, condition) for condition in CONDITIONS]
        assert any(paths), entry
    assert len(set(entries)) == len(entries)


@pytest.mark.parametrize("path", kept_files())
def test_a_seam_or_example_exists(path: str) -> None:
    assert exists(path)


@pytest.mark.parametrize("option", [condition for condition in CONDITIONS if "use_" in condition])
def test_a_path_of_an_option_exists(option: str) -> None:
    paths = [active_path(entry, option) for entry in configuration()["_exclude"]]

    assert [path for path in paths if path and not exists(path)] == []


def exists(path: str) -> bool:
    """Look for a file, or for a folder in which there is one."""
    plain = {f"/{name.removesuffix(SUFFIX)}" for name in template_files()}
    return path in plain or any(name.startswith(f"{path}/") for name in plain)


@pytest.mark.parametrize("path", kept_files())
def test_no_option_changes_a_seam_or_example(path: str, services: Services) -> None:
    """Otherwise turning the option on later would not give what a birth with it gives."""
    contents = {
        str(combination): services.rendered(combination.answers).joinpath(path[1:]).read_bytes()
        for combination in COMBINATIONS
        if all(
            combination.answers[option]
            for folder, option in BROUGHT.items()
            if path.startswith(folder)
        )
    }

    assert len(set(contents.values())) == 1


def test_no_file_is_of_two_kinds() -> None:
    assert len(set(kept_files())) == len(kept_files())


def test_vendored_files_are_not_rendered_through_jinja() -> None:
    """These tests leave it out, since it is full of double braces that are none of ours."""
    vendored = [
        path.name for folder in VENDORED for path in (ROOT / "template" / folder).rglob("*")
    ]

    assert {"common-passwords.txt", "swagger-ui-bundle.js"} <= set(vendored)
    assert not any(name.endswith(SUFFIX) for name in vendored)


def test_suites_that_run_in_a_service_are_clean(services: Services, tmp_path: Path) -> None:
    """By the rules of a service: what is checked here costs no installation."""
    service = copytree(services.rendered(EVERYTHING.answers), tmp_path / "service")
    for suite in (SERVICE_TESTS, ATTACKS, in_service.MICRO):
        copytree(suite, service / "tests" / suite.name)

    run(service, RUFF, "check", "--no-cache", "--config", FIRST_PARTY, "tests")
    run(service, RUFF, "format", "--no-cache", "--check", "tests")
