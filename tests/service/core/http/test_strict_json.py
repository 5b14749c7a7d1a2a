import pytest

from app.core.http.strict_json import check_json


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "null",
        "[1, -2.5, 1e308, 10000000000000000000000000]",
        '{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}',
        r'"\ud83d\ude00 \\u0000 \\\\u0000"',
        "[" * 100 + "]" * 100,
    ],
)
def test_ordinary_json_passes(text: str) -> None:
    check_json(text.encode())


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
        b"[" * 100_000,
        b"[" * 5_000 + b"]" * 5_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"9" * 5_000,
    ],
)
def test_what_readers_disagree_on_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check_json(text)

    assert type(caught.value) is ValueError
