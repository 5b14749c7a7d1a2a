import pytest

from app.core.credentials.password_policy import COMMON_PASSWORDS, WeakPasswordError, check_password
from app.core.settings import project

GOOD = "correct horse battery staple"
EMAIL = "ann.smith@shop.example"


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "NAME", "Corner Shop")
    monkeypatch.setattr(project, "SLUG", "corner-shop")


def broken_rule(password: str, *, min_length: int = 15) -> str | None:
    try:
        check_password(password, email=EMAIL, min_length=min_length)
    except WeakPasswordError as exc:
        return exc.rule
    return None


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "  spaces stay, and count  ",
        "nothing but small letters here",
        "\u65e5\u672c\u8a9e\u306e\u9577\u3044\u5408\u3044\u8a00\u8449\u3067\u3059\u3002\u306f\u3044",
        "\U0001f40e\U0001f50b\U0001f4ce " * 3 + "horses",
        "sunshine in the morning",  # sunshine is common, the rest is not
        "abcdefgh" * 2,  # as long as it may be alone
    ],
)
def test_a_long_password_is_good(password: str) -> None:
    assert broken_rule(password) is None


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("", "too_short"),
        ("just too short", "too_short"),
        ("e\u0301" * 14, "too_short"),  # 14 characters, of two code points each
        ("ab" * 128 + "c", "too_long"),
        ("x" * 1_000_000, "too_long"),
        ("correct horse \0 battery", "not_text"),
        ("correct horse \x1b battery", "not_text"),
        ("correct horse \ud800 battery", "not_text"),
        (" " * 20, "repeated"),
        ("a" * 256, "repeated"),
        ("Abc" * 5 + "aB", "repeated"),
        ("1234567" * 3, "repeated"),
        ("1qaz2wsx3edc4rfv", "common"),
        ("1QAZ2wsx3EDC4rfv", "common"),
        ("sunshinesunshine", "common"),
        ("SUNSHINE-Corvette", "common"),
        ("password1234567", "common"),
        ("123456789012345", "common"),
        (EMAIL, "familiar"),
        (EMAIL.upper(), "familiar"),
        ("Ann.Smith-Ann.Smith", "familiar"),
        ("ann.smith 123456", "familiar"),
        ("My Corner Shop!", "familiar"),
        ("corner-shop-2026", "familiar"),
        ("CornerShop 123456", "familiar"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, rule: str) -> None:
    assert broken_rule(password) == rule


def test_a_refusal_says_why_and_does_not_repeat_the_password() -> None:
    with pytest.raises(WeakPasswordError, match="commonest") as caught:
        check_password("SunshineSunshine", email=EMAIL, min_length=15)

    assert (caught.value.status, caught.value.code) == (422, "weak_password")
    assert "sunshine" not in str(caught.value).lower()


def test_the_least_length_is_a_setting() -> None:
    assert broken_rule("k7#mZq2w", min_length=8) is None
    assert broken_rule("k7#mZq2", min_length=8) == "too_short"
    assert broken_rule(GOOD, min_length=64) == "too_short"


def test_the_longest_is_good_and_one_more_is_not() -> None:
    longest = (GOOD * 10)[:256]

    assert broken_rule(longest) is None
    assert broken_rule(longest + "!") == "too_long"


def test_each_common_password_is_refused_where_it_is_long_enough() -> None:
    common = COMMON_PASSWORDS.read_text().splitlines()

    assert len(set(common)) == len(common) > 3000
    assert [each for each in common if broken_rule(each, min_length=8) is None] == []


def test_a_short_address_does_not_forbid_its_letters() -> None:
    check_password("an banana manana", email="an@b.example", min_length=15)
