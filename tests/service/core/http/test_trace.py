import pytest

from app.core.http.context import request_id
from app.core.http.trace import Trace, continue_trace, trace, trace_headers

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT_ID = "00f067aa0ba902b7"
SPAN_ID = "b7ad6b7169203331"
LONGEST = "x=" + "y" * 256 + ",z=" + "y" * 251


@pytest.mark.parametrize(
    ("version", "flags", "is_sampled"),
    [
        ("00", "01", True),
        ("00", "00", False),
        ("00", "02", False),
        ("00", "ff", True),
        ("cc", "01", True),
        ("01", "01-what-the-future-brings", True),
    ],
)
def test_a_trace_is_continued(version: str, flags: str, *, is_sampled: bool) -> None:
    found = continue_trace(f"{version}-{TRACE_ID}-{PARENT_ID}-{flags}", SPAN_ID)

    assert found == Trace(TRACE_ID, SPAN_ID, is_sampled, PARENT_ID)


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        TRACE_ID,
        f"00-{TRACE_ID}-{PARENT_ID}",
        f"00-{TRACE_ID}-{PARENT_ID}-",
        f"00-{TRACE_ID}-{PARENT_ID}-1",
        f"00-{TRACE_ID}-{PARENT_ID}-0g",
        f"00-{TRACE_ID}-{PARENT_ID}-01-",
        f"00-{TRACE_ID}-{PARENT_ID}-01-more",
        f"01-{TRACE_ID}-{PARENT_ID}-01more",
        f"ff-{TRACE_ID}-{PARENT_ID}-01",
        f"0-{TRACE_ID}-{PARENT_ID}-01",
        f"00-{'0' * 32}-{PARENT_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID.upper()}-{PARENT_ID}-01",
        f"00-{TRACE_ID[1:]}-{PARENT_ID}-01",
        f"00-{TRACE_ID}0-{PARENT_ID}-01",
        f"00-{TRACE_ID}-{PARENT_ID}0-01",
        f" 00-{TRACE_ID}-{PARENT_ID}-01",
        f"00-{TRACE_ID}-{PARENT_ID}-01\n",
        f"01-{TRACE_ID}-{PARENT_ID}-01-\n",
    ],
)
def test_an_invalid_trace_is_none(traceparent: str) -> None:
    assert continue_trace(traceparent, SPAN_ID) is None


@pytest.mark.parametrize(("is_sampled", "flags"), [(True, "01"), (False, "00")])
def test_a_call_hands_on_the_ids_of_the_request(*, is_sampled: bool, flags: str) -> None:
    tokens = trace.set(Trace(TRACE_ID, SPAN_ID, is_sampled)), request_id.set("abc")
    headers = trace_headers()
    trace.reset(tokens[0])
    request_id.reset(tokens[1])

    assert headers == {
        "traceparent": f"00-{TRACE_ID}-{SPAN_ID}-{flags}",
        "x-request-id": "abc",
    }
    assert continue_trace(headers["traceparent"], PARENT_ID) is not None


@pytest.mark.parametrize(
    ("given", "handed_on"),
    [
        ("", None),
        ("shop=7,vendor=a:b", "shop=7,vendor=a:b"),
        (LONGEST, LONGEST),
        (LONGEST + " ", None),
        ("x=" + "y" * 257, None),
        (",".join(f"x{number}=1" for number in range(33)), None),
        ("password of a client", None),
        ("x=1,X=2", None),
        ("x=1" + " ," * 254, "x=1" + " ," * 254),
        ("x=\x7f", None),
        ("x=1\r\nX-Other: 1", None),
    ],
)
def test_a_call_hands_on_what_callers_left(given: str, handed_on: str | None) -> None:
    tokens = (
        trace.set(continue_trace(f"00-{TRACE_ID}-{PARENT_ID}-01", SPAN_ID, given)),
        request_id.set("abc"),
    )
    headers = trace_headers()
    trace.reset(tokens[0])
    request_id.reset(tokens[1])

    assert headers.get("tracestate") == handed_on


def test_outside_a_request_a_call_hands_on_nothing() -> None:
    assert trace_headers() == {}
