import unicodedata

import pytest

from app.core.credentials.emails import normalize_email

EMAIL = "josé@bücher.example"


@pytest.mark.parametrize(
    "spelling",
    [
        EMAIL,
        f"  {EMAIL}\n",
        EMAIL.upper(),
        unicodedata.normalize("NFD", EMAIL),
        "josé@xn--bcher-kva.example",
    ],
)
def test_an_address_has_one_spelling(spelling: str) -> None:
    assert normalize_email(spelling) == EMAIL


@pytest.mark.parametrize("text", ["", " Ann ", "a@b@c", "\ud800", "x" * 1000])
def test_what_is_no_address_is_only_trimmed(text: str) -> None:
    assert normalize_email(text) == text.strip().lower()
