import unicodedata

import pytest

from app.core.credentials.emails import normalize_email, parse_email

EMAIL = "jose@bücher.example"


@pytest.mark.parametrize(
    "spelling",
    [
        EMAIL,
        f"  {EMAIL}\n",
        EMAIL.upper(),
        f"jose@{unicodedata.normalize('NFD', 'bücher')}.example",
        "jose@xn--bcher-kva.example",
    ],
)
def test_an_address_has_one_spelling(spelling: str) -> None:
    assert normalize_email(spelling) == EMAIL


@pytest.mark.parametrize(
    "text", ["", "Ann", "Bob <bob@example.com>", "<bob@example.com>", "josé@example.com", "\ud800"]
)
def test_an_address_that_cannot_be_mailed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_email(text)


@pytest.mark.parametrize("text", ["", " Ann ", "a@b@c", "\ud800", "x" * 1000])
def test_a_text_that_is_no_address_is_only_trimmed(text: str) -> None:
    assert normalize_email(text) == text.strip().lower()


@pytest.mark.parametrize("length", [321, 1_000_000])
def test_a_text_too_long_for_an_address_is_not_normalized(length: int) -> None:
    """A validator that normalizes it first takes minutes: the suite's timeout ends it."""
    text = ("a\u0301\u0323" * length)[:length]

    with pytest.raises(ValueError, match="at most 320 characters"):
        parse_email(text)
    assert normalize_email(text) == text
