"""Spell requests byte by byte: right but for what is given."""

from dataclasses import dataclass

# The harness puts the token of a signed-in owner in its place.
TOKEN = b"$TOKEN"
# Stands in what is sent, and in no response.
CANARY = "canary-7c1f"
# More than the services under attack are told to take.
TOO_MANY_BYTES = 100_001
ITEMS, SIGN_IN = "/api/v1/items", "/api/v1/auth/token"
# Routes of tests/probes/hostile: what a team writes that does not think of any of this.
PROBES, FORMS, FILES = "/api/v1/probes", "/api/v1/probes/forms", "/api/v1/probes/files"
JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
PARTS = "Content-Type: multipart/form-data; boundary=x"


@dataclass(frozen=True)
class Attack:
    """Bytes for a socket of their own, which stays open until there is a response."""

    name: str
    sent: bytes
    status: int
    # Where SQLite takes what PostgreSQL does not.
    on_sqlite: int | None = None

    def __str__(self) -> str:
        return self.name


def request(method: str, target: str | bytes, *headers: str | bytes, body: bytes = b"") -> bytes:
    """Give host, token, and the length of a body, unless the headers do."""
    lines = [to_bytes(header) for header in headers]
    names = {line.partition(b":")[0].lower() for line in lines}
    if b"host" not in names:
        lines.append(b"Host: localhost")
    if b"authorization" not in names:
        lines.append(b"Authorization: Bearer " + TOKEN)
    if body and not names & {b"content-length", b"transfer-encoding"}:
        lines.append(b"Content-Length: %d" % len(body))
    start = b" ".join([method.encode(), to_bytes(target), b"HTTP/1.1"])
    return b"\r\n".join([start, *lines, b"", body])


def get(target: str | bytes, *headers: str | bytes) -> bytes:
    return request("GET", target, *headers)


def post(target: str, content_type: str, body: bytes | str) -> bytes:
    return request("POST", target, content_type, body=to_bytes(body))


def probe(body: bytes | str) -> bytes:
    return post(PROBES, JSON, body)


def part(disposition: str, body: bytes) -> bytes:
    return b"--x\r\nContent-Disposition: %s\r\n\r\n%s\r\n--x--\r\n" % (disposition.encode(), body)


def chunked(target: str, content_type: str, *chunks: bytes) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))
    return request("POST", target, content_type, "Transfer-Encoding: chunked", body=body)


def to_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
