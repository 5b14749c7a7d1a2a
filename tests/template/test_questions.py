"""What may be answered. A wrong answer is refused with a sentence, and nothing is written."""

import keyword
import tomllib
from collections.abc import Iterator
from pathlib import Path

import copier
import pytest
import yaml

from tests.support.rendering import Combination
from tests.support.services import EACH_EXTREME, Services
from tests.support.template_files import questions

NAME = r"A name has 1 to 50 printable characters, does not begin with '-' or a blank, and does not"
SLUG = r"A slug has 3 to 40 of a-z, 0-9 and single '-', begins with a letter and does not end"
RESERVED = r"A slug is not a word of Python or YAML and not the name of a package that the service"
DESCRIPTION = r"A description is one line of 1 to 200 printable characters, without a blank at"
OWNER = r"An owner has up to 50 letters, digits, '.', '_', '/' and '-', and begins and ends with"
# Read as something else than text where a slug stands without quotes.
YAML_WORDS = ["false", "null", "off", "true", "yes"]

WRONG = [
    ("project_name", "", NAME),
    ("project_name", "   ", NAME),
    ("project_name", "-rf", NAME),
    ("project_name", " Shop", NAME),
    ("project_name", "Shop ", NAME),
    ("project_name", "x" * 51, NAME),
    ("project_name", "x" * 60, NAME),
    ("project_name", "Shop\n", NAME),
    ("project_name", "My\nShop", NAME),
    ("project_name", "My\rShop", NAME),
    ("project_name", "My\tShop", NAME),
    ("project_name", "My\x00Shop", NAME),
    ("project_name", "My\N{NO-BREAK SPACE}Shop", NAME),
    ("project_name", "My\N{LINE SEPARATOR}Shop", NAME),
    ("project_name", "My\N{RIGHT-TO-LEFT OVERRIDE}Shop", NAME),
    ("project_slug", "", SLUG),
    ("project_slug", "   ", SLUG),
    ("project_slug", "ab", SLUG),
    ("project_slug", "x" * 41, SLUG),
    ("project_slug", "x" * 60, SLUG),
    ("project_slug", "-shop", SLUG),
    ("project_slug", "shop-", SLUG),
    ("project_slug", "my--shop", SLUG),
    ("project_slug", "1shop", SLUG),
    ("project_slug", "Shop", SLUG),
    ("project_slug", "my_shop", SLUG),
    ("project_slug", "my shop", SLUG),
    ("project_slug", "shop ", SLUG),
    ("project_slug", "shop\n", SLUG),
    ("project_slug", "my\nshop", SLUG),
    ("project_slug", "sh\N{LATIN SMALL LETTER O WITH DIAERESIS}p", SLUG),
    ("project_slug", "shop\N{ARABIC-INDIC DIGIT ONE}", SLUG),
    ("project_slug", "{{ x }}", SLUG),
    ("project_slug", "{% raw %}", SLUG),
    *[("project_slug", word, RESERVED) for word in ["class", "import", "none", *YAML_WORDS]],
    *[("project_slug", name, RESERVED) for name in ["fastapi", "idna", "pytest", "python-jose"]],
    ("project_description", "", DESCRIPTION),
    ("project_description", "   ", DESCRIPTION),
    ("project_description", " It sells.", DESCRIPTION),
    ("project_description", "It sells. ", DESCRIPTION),
    ("project_description", "x" * 201, DESCRIPTION),
    ("project_description", "It sells.\nIt buys.", DESCRIPTION),
    ("project_description", "It sells.\n", DESCRIPTION),
    ("project_description", "It\tsells.", DESCRIPTION),
    ("owner", "", OWNER),
    ("owner", "  ", OWNER),
    ("owner", "-team", OWNER),
    ("owner", "team-", OWNER),
    ("owner", "my team", OWNER),
    ("owner", "team ", OWNER),
    ("owner", "team\n", OWNER),
    ("owner", "x" * 51, OWNER),
    ("owner", "x" * 60, OWNER),
    ("owner", "@", OWNER),
    ("owner", "team # all", OWNER),
    ("license", "GPL", r"'GPL' is not in \['Proprietary', 'MIT', 'Apache-2.0'\]"),
    ("license", "", r"'' is not in \['Proprietary', 'MIT', 'Apache-2.0'\]"),
    ("jwt_library", "authlib", r"'authlib' is not in \['python-jose', 'pyjwt'\]"),
    ("jwt_library", "", r"'' is not in \['python-jose', 'pyjwt'\]"),
]


@pytest.mark.parametrize(("question", "answer", "sentence"), WRONG)
def test_a_wrong_answer_is_refused(
    question: str, answer: str, sentence: str, services: Services, tmp_path: Path
) -> None:
    place = tmp_path / "service"
    with pytest.raises(ValueError, match=f"'{question}': {sentence}"):
        copier.run_copy(
            str(services.template), place, data={question: answer}, defaults=True, quiet=True
        )

    assert list(tmp_path.iterdir()) == []


def test_every_text_has_wrong_answers() -> None:
    texts = {
        name
        for name, question in questions().items()
        if question["type"] == "str" and question.get("when") is not False
    }

    assert {question for question, _, _ in WRONG} == texts


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Service", "my-service"),
        ("R&D: (Orders) 2.0!", "r-d-orders-2-0"),
        ("\u00dcn\u00efcode Shop", "n-code-shop"),
        ("Shop \u65e5\u672c", "shop"),
        ("\u65e5\u672c", "service"),
        ("Go", "service-go"),
        ("3D Printing", "service-3d-printing"),
        ("FastAPI", "service-fastapi"),
        ("Yes", "service-yes"),
        ("2" + " shop" * 9, "service-2-shop-shop-shop-shop-shop-shop"),
        (
            "Orders of all kinds of kinds of kinds of kinds of",
            "orders-of-all-kinds-of-kinds-of-kinds-of",
        ),
        ("a {{ b }} {% raw %}", "a-b-raw"),
    ],
)
def test_every_name_has_a_slug(name: str, slug: str, services: Services, tmp_path: Path) -> None:
    copier.run_copy(
        str(services.template),
        tmp_path / "service",
        data={"project_name": name},
        defaults=True,
        quiet=True,
        # The answers are enough.
        exclude=["*", "!.copier-answers.yml"],
    )
    answers = yaml.safe_load((tmp_path / "service/.copier-answers.yml").read_text())

    assert answers["project_slug"] == slug


def test_reserved_names_are_in_order() -> None:
    names = questions()["reserved_names"]["default"]

    assert names == sorted(set(names))
    assert all(isinstance(name, str) for name in names)


def test_words_of_python_and_yaml_are_reserved() -> None:
    # A slug has three letters at least.
    words = {word.lower() for word in keyword.kwlist if len(word) > 2} | set(YAML_WORDS)

    assert words - set(questions()["reserved_names"]["default"]) == set()


@pytest.mark.parametrize("combination", EACH_EXTREME)
def test_packages_that_a_service_installs_are_reserved(
    combination: Combination, services: Services
) -> None:
    """Their names for a service make `uv lock` fail."""
    service = services.installed(combination.answers)
    installed = set(locked_packages(service)) - {"my-service"}

    assert len(installed) > 50
    assert installed - set(questions()["reserved_names"]["default"]) == set()


def locked_packages(service: Path) -> Iterator[str]:
    for package in tomllib.loads((service / "uv.lock").read_text())["package"]:
        yield package["name"]
