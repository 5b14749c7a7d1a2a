"""How a token is written, how long it is, and what is no token at all."""

import base64
import secrets
import time
from collections.abc import Callable

import pytest
from httpx2 import AsyncClient

from app.core.config import Settings
from app.core.credentials.jwt import InvalidTokenError
from app.lifespan import make_codec
from tokens.attacking import ALPHABET, ME, SECONDS, Attack
from tokens.forging import Forge, decode, dump, encode


def respell_last(segment: str) -> str:
    """Change the bits of the last character that no decoder reads; none, where there are none."""
    unread = {0: 0, 2: 15, 3: 3}[len(segment) % 4]
    return segment[:-1] + ALPHABET[ALPHABET.index(segment[-1]) ^ unread]


def spellings(token: str) -> dict[str, str]:
    header, payload, signature = token.split(".")
    made = {
        "two": f"{header}.{payload}",
        "five": f"{token}.x.y",
        "dots": "..",
        "dot": ".",
        "none": "",
    }
    for name, change in CHANGES.items():
        made |= {
            f"{name} of the header": f"{change(header)}.{payload}.{signature}",
            f"{name} of the payload": f"{header}.{change(payload)}.{signature}",
            f"{name} of the signature": f"{header}.{payload}.{change(signature)}",
            f"{name} of all": change(token),
        }
    return {name: text for name, text in made.items() if text.strip(" \t") != token}


CHANGES: dict[str, Callable[[str], str]] = {
    "the last character": lambda text: text if "." in text else respell_last(text),
    "padding": lambda text: text + "=" * (-len(text) % 4 or 4),
    "one more =": lambda text: text + "=",
    "junk behind": lambda text: text + "!",
    "junk inside": lambda text: f"{text[:9]}!!!!{text[9:]}",
    "a newline inside": lambda text: f"{text[:8]}\n{text[8:]}",
    "a space inside": lambda text: f"{text[:8]} {text[8:]}",
    "NUL": lambda text: text + "\x00",
    "the other alphabet": lambda text: base64.b64encode(decode(text.replace(".", ""))).decode(),
    "percent": lambda text: text.replace("e", "%65", 1),
    "e acute": lambda text: f"{text[:8]}\u00e9{text[8:]}",
    "emoji": lambda text: f"{text}\U0001f511",
    "full width": lambda text: chr(ord(text[0]) + 0xFEE0) + text[1:],
    "a surrogate": lambda text: text + "\ud800",
    "another full stop": lambda text: text.replace(".", "\u3002") + "\uff0e",
    "upper case": lambda text: text.upper(),
    "quotes": lambda text: f'"{text}"',
    "backwards": lambda text: text[::-1],
}


async def test_a_token_has_one_spelling(attack: Attack, forge: Forge, settings: Settings) -> None:
    made = spellings(forge.token)

    await attack(made)
    # On its way a header loses the blanks around it.
    for token in (*made.values(), f" {forge.token}", f"{forge.token}\n"):
        with pytest.raises(InvalidTokenError):
            make_codec(settings).verify(token)


async def test_a_token_of_any_size_is_refused_at_once(
    attack: Attack, forge: Forge, settings: Settings
) -> None:
    header, payload, signature = forge.token.split(".")
    depths = (10, 100, 500, 1000, 2000, 12_000, 100_000, 1_000_000)
    deep = {
        f"{opening!r} {depth} deep": f"{encode(opening * depth)}.{payload}.{signature}"
        for opening in (b"[", b'{"a":', b'{"alg":[')
        for depth in depths
        if len(opening) * depth < 2_000_000
    }
    long = {
        "1 MB of A": "A" * 1_000_000,
        "1 MB of dots": "." * 1_000_000,
        "1 MB of zeros": "\x00" * 1_000_000,
        "a long header": f"{header * 10_000}.{payload}.{signature}",
        "a long payload": f"{header}.{payload * 3000}.{signature}",
        "a long signature": f"{header}.{payload}.{signature * 10_000}",
        "a good one, too long": forge.with_claims(more="x" * 4096),
        "a good one, much too long": forge.with_claims(more="x" * 1_000_000),
    }

    await attack({**deep, **long})
    # Where the edge refuses long headers, the codec must not need it.
    codec = make_codec(settings)
    started = time.monotonic()
    for token in (*deep.values(), *long.values()):
        with pytest.raises(InvalidTokenError):
            codec.verify(token)
    assert time.monotonic() - started < SECONDS


async def test_other_credentials_are_no_token(attack: Attack, forge: Forge) -> None:
    await attack(
        {
            "opaque": secrets.token_urlsafe(32),
            "opaque and long": secrets.token_urlsafe(1000),
            "a hash": "5" * 64,
            "a UUID": forge.payload["sub"],
            "a user's name and password": base64.b64encode(b"ann@example.com:password").decode(),
            "five segments": ".".join([*forge.token.split("."), "x", "x"]),
            "JSON": dump(
                dict(
                    zip(("protected", "payload", "signature"), forge.token.split("."), strict=True)
                )
            ),
            "the scheme again": f"Bearer {forge.token}",
            "null": "null",
            "undefined": "undefined",
            "bytes": bytes(range(1, 256)),
        }
    )


async def test_a_token_comes_in_one_header_only(client: AsyncClient, forge: Forge) -> None:
    token = forge.token
    path = ME
    asked = [
        await client.get(path, params={"access_token": token, "token": token}),
        await client.get(path, headers={"Cookie": f"access_token={token}; Authorization={token}"}),
        await client.get(path, headers={"Authorization": token}),
        await client.get(path, headers={"Authorization": f"Basic {token}"}),
        await client.get(path, headers={"Authorization": f"DPoP {token}"}),
        await client.get(path, headers={"X-Authorization": f"Bearer {token}"}),
        await client.request("GET", path, content=f"access_token={token}"),
    ]

    assert {response.status_code for response in asked} == {401}
