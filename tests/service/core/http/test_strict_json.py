import pytest

from app.core.http.strict_json import check_json
from app.core.limits.body_limit import JSONLimits

LIMITS = JSONLimits()
TIGHT = JSONLimits(max_depth=3, max_values=8)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "null",
        "[1, -2.5, 1e308, 10000000000000000000000000]",
        '{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}',
        r'"\ud83d\ude00 \\u0000 \\\\u0000"',
        "[" * 32 + "]" * 32,
        f'"{"[" * 50_000}{"," * 50_000}"',
        "[" + "[[]]," * 1500 + "1]",
    ],
)
def test_ordinary_json_passes(text: str) -> None:
    check_json(text.encode(), LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{}{}",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'\xef\xbb\xbf"BOM"',
        '"UTF-16"'.encode("utf-16"),
        rb'"\ud800"',
        rb'"\ud800\u0041"',
        rb'{"\udc00": 1}',
        rb'"\u0000"',
        rb'"\\\u0000"',
        rb'{"a\u0000": 1}',
        b"NaN",
        b"[-Infinity]",
        b"1e999",
        b'{"a": [-1e999]}',
        b'{"a": 1, "a": 1}',
        rb'[{"a": 1, "\u0061": 2}]',
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
        b"[" * 5_000 + b"]" * 5_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"9" * 5_000,
    ],
)
def test_ambiguous_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check_json(text, LIMITS)

    assert type(caught.value) is ValueError


@pytest.mark.parametrize(
    "text",
    [
        "[[[1, 2, 3]]]",
        '{"a": {"b": {"c": 1, "d": 2}}}',
        "[1, 2, 3, 4, 5, 6]",
        '["[[[[", ",,,,,,,,,,"]',
        r'["\"[[[[", "\\", "{{{{,,,,,,,"]',
        "[[[]], [[]], 1]",
        '{"[[[[[[": 1}',
    ],
)
def test_json_within_its_limits_passes(text: str) -> None:
    check_json(text.encode(), TIGHT)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[[[1]]]]", "nests deeper than 3 levels"),
        ('{"a": [{"b": {}}]}', "nests deeper than 3 levels"),
        ("[[], [[[]]]]", "nests deeper than 3 levels"),
        (r'["\\", [[[]]], "\""]', "nests deeper than 3 levels"),
        ("[1, 2, 3, 4, 5, 6, 7, 8]", "has more than 8 values"),
        ('{"a": 1, "b": 2, "c": 3, "d": 4, "e": [1, 2, 3]}', "has more than 8 values"),
        ("[[],[],[],[]]", "has more than 8 values"),
        ("1,2,3,4,5,6,7,8,9", "has more than 8 values"),
    ],
)
def test_json_beyond_its_limits_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        check_json(text.encode(), TIGHT)


@pytest.mark.parametrize(
    "text",
    [
        b'["' + rb"\"" * 100_000,
        b'"' + b"\\" * 200_001,
        b'["a' * 80_000,
        b'"",' * 80_000 + b'"',
        b"]" * 250_000,
        b"[" + b"[]," * 80_000,
    ],
)
def test_invalid_json_is_refused_in_linear_time(text: bytes) -> None:
    """By an expression that goes back this would take minutes: the suite's timeout ends it."""
    with pytest.raises(ValueError, match=r"."):
        check_json(text, JSONLimits(max_values=5))
