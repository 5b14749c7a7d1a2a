"""The one place where a response's headers are completed."""

from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.middleware.exchange import Exchange, ExchangeMiddleware
from app.middleware.state import get_exchange


def make_scope(**changes: object) -> Scope:
    headers = [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]
    return {"type": "http", "method": "GET", "path": "/x", "headers": headers, **changes}


def test_the_first_of_a_header_that_comes_twice_counts() -> None:
    exchange = Exchange(make_scope())

    assert (exchange.text(b"a"), exchange.text(b"b"), exchange.text(b"c")) == ("1", "2", "")
    assert exchange.lines(b"a") == ["1", "3"]


@pytest.mark.parametrize(
    ("root", "path", "below"), [("", "/x", "/x"), ("/api", "/api/x", "/x"), ("/api", "/x", "/x")]
)
def test_the_path_is_below_the_root_path(root: str, path: str, below: str) -> None:
    assert Exchange(make_scope(root_path=root, path=path)).path == below


@pytest.mark.parametrize(
    ("length", "declared"), [(b"7", 7), (b"x", None), (b"-1", None), (b"1" * 19, None), (b"", None)]
)
def test_a_length_is_a_number_or_none(length: bytes, declared: int | None) -> None:
    exchange = Exchange(make_scope(headers=[(b"content-length", length)]))

    assert exchange.declared_length == declared


@pytest.mark.parametrize(
    ("version", "headers", "may_have_body"),
    [
        ("1.1", [], False),
        ("1.1", [(b"content-length", b"0")], True),
        ("1.1", [(b"transfer-encoding", b"chunked")], True),
        ("2", [], True),
    ],
)
def test_in_http_1_a_body_is_announced(
    version: str, headers: list[tuple[bytes, bytes]], may_have_body: bool
) -> None:
    assert (
        Exchange(make_scope(http_version=version, headers=headers)).may_have_body is may_have_body
    )


def test_the_header_of_a_route_outweighs_that_of_a_layer() -> None:
    exchange = Exchange(make_scope())
    exchange.request_id = "ours"
    exchange.fields += [(b"cache-control", b"no-store"), (b"x-a", b"1"), (b"vary", b"Origin")]
    own = [(b"Cache-Control", b"max-age=9"), (b"Vary", b"Accept"), (b"X-Request-ID", b"theirs")]

    assert exchange.complete(own) == [
        (b"Cache-Control", b"max-age=9"),
        (b"Vary", b"Accept"),
        (b"x-a", b"1"),
        (b"vary", b"Origin"),
        (b"x-request-id", b"ours"),
    ]


async def test_observers_see_what_was_sent_also_when_it_ends_in_an_error() -> None:
    seen: list[tuple[int | None, int]] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 201})
        await send({"type": "http.response.body", "body": b"abc", "more_body": True})
        await send({"type": "http.response.body"})
        raise RuntimeError("late")

    async def receive() -> Message:
        raise AssertionError("nobody asks")

    async def send(message: Message) -> None:
        assert message["type"].startswith("http.response.")

    def observe(exchange: Exchange) -> None:
        seen.append((exchange.status, exchange.bytes_sent))

    with pytest.raises(RuntimeError, match="late"):
        await ExchangeMiddleware(inner, observers=[observe])(make_scope(), receive, send)

    assert seen == [(201, 3)]


async def test_a_handshake_has_an_exchange() -> None:
    found: list[Exchange] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(get_exchange(scope))

    async def nothing(*_: object) -> Any:
        return {}

    scope = {"type": "websocket", "path": "/ws", "headers": [(b"host", b"a")]}
    await ExchangeMiddleware(inner, observers=[])(scope, nothing, nothing)

    assert [(each.method, each.path, each.text(b"host")) for each in found] == [("GET", "/ws", "a")]


async def test_an_application_in_another_has_an_exchange_of_its_own() -> None:
    found: list[Exchange] = []

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(get_exchange(scope))

    mounted = ExchangeMiddleware(route, observers=[])

    async def mount(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(get_exchange(scope))
        # As Starlette does it: a scope of its own, whose state is the same.
        await mounted({**scope, "path": "/inner"}, receive, send)
        found.append(get_exchange(scope))

    async def nothing(*_: object) -> Any:
        return {}

    scope = make_scope()
    await ExchangeMiddleware(mount, observers=[])(scope, nothing, nothing)

    assert [each.path for each in found] == ["/x", "/inner", "/x"]
    assert "exchange" not in scope["state"]
