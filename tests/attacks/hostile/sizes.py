"""Too much, too slowly, or not as much as was said."""

from tests.attacks.hostile.requests import (
    FILES,
    FORM,
    FORMS,
    ITEMS,
    JSON,
    PARTS,
    PROBES,
    SIGN_IN,
    TOO_MANY_BYTES,
    Attack,
    chunked,
    get,
    part,
    post,
    probe,
    request,
)

HALF = b"x" * (TOO_MANY_BYTES // 2)
CHUNKED = "Transfer-Encoding: chunked"
FILE = part('form-data; name="file"; filename="a"', b"x" * TOO_MANY_BYTES)


def length(text: str | int, body: bytes = b"", *, target: str = PROBES, kind: str = JSON) -> bytes:
    return request("POST", target, kind, f"Content-Length: {text}", body=body)


ATTACKS = [
    Attack("a body over the limit", probe(b'"%s%s"' % (HALF, HALF)), 413),
    Attack("a length over the limit and no body", length(999_999_999), 413),
    Attack("a length over the limit for nothing", length(999_999_999, target="/nope"), 404),
    Attack("chunks over the limit", chunked(PROBES, JSON, b'"', HALF, HALF), 413),
    Attack("a form over the limit", post(FORMS, FORM, b"text=" + HALF + HALF), 413),
    Attack("a file over the limit", post(FILES, PARTS, FILE), 413),
    Attack("chunks of a file over the limit", chunked(FILES, PARTS, FILE), 413),
    Attack("a length of 2^64", length(2**64), 400),
    Attack("a length below zero", length(-1), 400),
    Attack("a length in another spelling", length("1e3"), 400),
    Attack("a length with a sign", length("+2", b"{}"), 400),
    Attack(
        "two lengths",
        request("POST", PROBES, JSON, "Content-Length: 2", "Content-Length: 3", body=b"{}"),
        400,
    ),
    Attack(
        "a length and chunks",
        request("POST", PROBES, JSON, "Content-Length: 3", CHUNKED, body=b"0\r\n\r\n"),
        400,
    ),
    Attack(
        "chunks of chunks",
        request("POST", PROBES, JSON, f"{CHUNKED}, chunked", body=b"0\r\n\r\n"),
        400,
    ),
    Attack(
        "a chunk without a size",
        request("POST", PROBES, JSON, CHUNKED, body=b"zz\r\n{}\r\n0\r\n\r\n"),
        400,
    ),
    Attack(
        "a chunk of 2^64",
        request("POST", PROBES, JSON, CHUNKED, body=b"1" + b"0" * 16 + b"\r\n{}\r\n"),
        400,
    ),
    Attack("a body that stops", length(9, b"{"), 408),
    Attack("a body that does not begin", length(9), 408),
    Attack("chunks that stop", request("POST", PROBES, JSON, CHUNKED, body=b"1\r\n{\r\n"), 408),
    Attack("a form that stops", length(99, b"username=", target=SIGN_IN, kind=FORM), 408),
    Attack("a file that stops", length(99, b"--x\r\n", target=FILES, kind=PARTS), 408),
    Attack(
        "an expectation and no body",
        request("POST", PROBES, JSON, "Expect: 100-continue", "Content-Length: 2"),
        408,
    ),
    Attack("101 headers", get(ITEMS, *(f"X-{number}: 1" for number in range(101))), 431),
    Attack("20000 headers", get(ITEMS, *["X: 1"] * 20_000), 431),
    Attack("a header of 2 MiB", get(ITEMS, "X: " + "x" * 2**21), 431),
    Attack("a token of 8 kB", get(ITEMS, "Authorization: Bearer " + "x" * 8_000), 401),
    Attack("a token of 20 kB", get(ITEMS, "Authorization: Bearer " + "x" * 20_000), 431),
    Attack("a path of 10 kB", get("/" + "x" * 10_000), 414),
    Attack("a query of 10 kB", get(f"{ITEMS}?limit=" + "1" * 10_000), 414),
    Attack("a path of 100 kB", get("/" + "x" * 100_000), 400),
]
