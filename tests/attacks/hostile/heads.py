"""Methods, hosts, paths and headers that are meant to mislead a parser, a log or a cache."""

from tests.attacks.hostile.requests import ITEMS, JSON, PROBES, Attack, get, request

UPGRADE = "Connection: Upgrade"
WEBSOCKET = (
    UPGRADE,
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
PREFLIGHT = "Access-Control-Request-Method: GET"

ATTACKS = [
    Attack("an invented method", request("BREW", ITEMS), 400),
    Attack("TRACE", request("TRACE", ITEMS), 405),
    Attack("HEAD of what is made", request("HEAD", f"{PROBES}/forms"), 405),
    Attack("HEAD", request("HEAD", ITEMS), 200),
    Attack("HEAD of a stream without an end", request("HEAD", f"{PROBES}/endless"), 200),
    Attack("TRACE of nothing", request("TRACE", "/nope"), 405),
    Attack("PROPFIND", request("PROPFIND", ITEMS), 405),
    Attack("CONNECT", request("CONNECT", "localhost:80"), 400),
    Attack("OPTIONS of everything", request("OPTIONS", "*"), 404),
    Attack("a method that the route has not", request("PUT", ITEMS), 405),
    Attack("no method", b" / HTTP/1.1\r\n\r\n", 400),
    Attack("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    Attack("HTTP/2 by prior knowledge", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    Attack("no host", b"GET / HTTP/1.1\r\n\r\n", 400),
    Attack("two hosts", get(ITEMS, "Host: localhost", "Host: localhost"), 400),
    Attack("a host of noise", get("/nope", "Host: ["), 400),
    Attack("a host with a path", get("/nope", "Host: localhost/a?b#c"), 400),
    Attack("a host with a user", get("/nope", "Host: a@localhost"), 400),
    Attack("an IPv6 host with a port", get(ITEMS, "Host: [::1]:8000"), 200),
    Attack("another host in the target", get(f"http://evil.example{ITEMS}"), 200),
    Attack("a path that climbs", get("/docs/../../../etc/passwd"), 404),
    Attack("a path that climbs in code", get("/docs/..%2f..%2fmain.py"), 404),
    Attack("a path with backslashes", get("/docs\\..\\main.py"), 404),
    Attack("a range without sense", get("/docs/swagger-ui.css", "Range: bytes=9-1,a-b"), 200),
    Attack("a line within an id", get(ITEMS, "X-Request-ID: a\r\nX-Evil: b"), 200),
    Attack("CR within an id", get(ITEMS, "X-Request-ID: a\rX-Evil: b"), 400),
    Attack("an id of 10 kB", get(ITEMS, "X-Request-ID: " + "x" * 10_000), 431),
    Attack("ESC in an id", get(ITEMS, "X-Request-ID: \x1b[31m"), 400),
    Attack("an id in braces", get(ITEMS, "X-Request-ID: {}{0}{extra}"), 200),
    Attack("ESC and braces in a path", get("/%1B[31m%0A{evil}{0}%25s"), 400),
    Attack("a line of a log in a path", get("/%0D%0A%7B%22level%22%3A%22INFO%22%7D"), 400),
    Attack("a newline behind a path", get("/metrics%0a"), 400),
    Attack("a newline in a query", get(f"{ITEMS}?name=a%0D%0Ab"), 400),
    Attack("a control character of two bytes in a path", get(f"{ITEMS}/%C2%85"), 400),
    Attack("braces as a user agent", get(ITEMS, "User-Agent: {evil}{0} %s <script>"), 200),
    Attack("ESC as a user agent", get(ITEMS, "User-Agent: \x1b[31m"), 400),
    Attack("a header on two lines", get(ITEMS, "X-A: a\r\n b"), 400),
    Attack("a header without a name", get(ITEMS, ": a"), 400),
    Attack("a blank before the colon", get(ITEMS, "X-A : a"), 400),
    Attack("an upgrade that there is not", get(ITEMS, UPGRADE, "Upgrade: h2c"), 200),
    Attack("a websocket that there is not", get(ITEMS, *WEBSOCKET), 200),
    Attack("a websocket of another host", get(ITEMS, "Host: [", *WEBSOCKET), 400),
    Attack(
        "a preflight of the origin null", request("OPTIONS", ITEMS, "Origin: null", PREFLIGHT), 400
    ),
    Attack("an unheard expectation", request("POST", PROBES, JSON, "Expect: x", body=b"{}"), 200),
]
