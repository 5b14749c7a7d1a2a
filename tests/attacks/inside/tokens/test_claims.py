"""What a token says, signed with our own key: each claim missing, of another type, or wrong."""

from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import AsyncClient

from app.core.credentials import jwt
from tokens.attacking import Attack, send_token
from tokens.forging import Forge, Raw, dump

TIMES = ("iat", "nbf", "exp")
IDS = ("sub", "sid", "tid")
REQUIRED = ["iss", "aud", "sub", "sid", "tid", "iat", "nbf", "exp", "jti"]
NOW = 1_900_000_000
OTHER_TYPES: list[Any] = [
    *(None, True, False, 1.5, "", " ", "x", "null", [], {}, [None], {"a": 1}, "\ud800", "\x00"),
    *(Raw("NaN"), Raw("Infinity"), Raw("-Infinity"), Raw("1e999"), Raw("-1e999"), Raw("1e3")),
    *(Raw("-0.0"), Raw("[" * 100 + "]" * 100), "x" * 2000, "../../etc/passwd"),
]


async def test_these_are_all_claims(forge: Forge) -> None:
    assert list(forge.payload) == REQUIRED


async def test_every_claim_is_required(attack: Attack, forge: Forge) -> None:
    payload = forge.payload

    await attack(
        {
            claim: forge.make(payload={name: payload[name] for name in payload if name != claim})
            for claim in REQUIRED
        }
    )


def other_types(claim: str, good: Any) -> list[object]:
    values = [*OTHER_TYPES, f"{good} ", [good], {"value": good}, {"$eq": good}]
    if claim in TIMES:
        return [*values, str(good), good + 0.5, Raw(f"{good}.0"), Raw(f"{good}e0")]
    if claim == "jti":
        others = [value for value in values if isinstance(value, Raw) or not isinstance(value, str)]
        return [*others, "", 7]
    return [value for value in values if (claim, value) != ("tid", None)]


async def test_a_claim_has_its_type(attack: Attack, forge: Forge) -> None:
    await attack(
        {
            f"{claim} {number} {value!r:.30}": forge.with_claims(**{claim: value})
            for claim in REQUIRED
            for number, value in enumerate(other_types(claim, forge.payload[claim]))
        }
    )


def wrong_values(forge: Forge) -> Iterator[tuple[str, object]]:
    payload = forge.payload
    for claim in ("iss", "aud"):
        good = payload[claim]
        for value in (good.upper(), f"{good}/", f" {good}", good[:-1], f"{good}\x00", "*", "other"):
            yield claim, value
        yield claim, [good, "other"]
    for claim in IDS:
        good = payload[claim]
        for value in (good.upper(), good.replace("-", ""), f"{{{good}}}", f"urn:uuid:{good}"):
            yield claim, value
        yield claim, f"{good}' OR '1'='1"
        yield claim, good.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    # Of an unknown user, and of a tenant to which the user does not belong.
    yield "sub", str(uuid4())
    yield "tid", str(uuid4())
    yield "sub", payload["tid"]
    yield "tid", payload["sub"]


async def test_a_claim_has_its_value(attack: Attack, forge: Forge) -> None:
    await attack(
        {
            f"{claim} {value!r}": forge.with_claims(**{claim: value})
            for claim, value in wrong_values(forge)
        }
    )


async def test_claims_are_one_object(attack: Attack, forge: Forge) -> None:
    written = Raw(dump(forge.payload).decode())
    payloads: list[object] = [
        *([], [forge.payload], 7, "x", str(written), *map(Raw, ("", "null", "{", "{}", "{}{}"))),
        Raw(f"\ufeff{written}"),
        Raw(f'{{"sub":"{uuid4()}",{written[1:]}'),
        Raw(f'{written[:-1]},"exp":{NOW}}}'),
        Raw(f"{written}\x00"),
        *(written.encode(encoding) for encoding in ("utf-16", "utf-32", "utf-8-sig")),
        *(b"\xff\xfe", b"", bytes(range(256))),
        *(b"[" * depth for depth in (100, 900, 1000, 1200, 2900)),
        *(b'{"a":' * depth for depth in (100, 500)),
    ]

    await attack(
        {f"{number} {p!r:.40}": forge.make(payload=p) for number, p in enumerate(payloads)}
    )


async def test_deeply_nested_claims_are_no_error(client: AsyncClient, forge: Forge) -> None:
    """Pythons differ in how deep they read, and no attack needs it: yes and no are both right."""
    for depth in (100, 400, 900, 1100):
        response = await send_token(client, forge.with_claims(deep=Raw("[" * depth + "]" * depth)))

        assert response.status_code in (200, 401)


# The leeway is five seconds.
EDGES = [
    *(("exp", -6, 401), ("exp", -5, 401), ("exp", -4, 200)),
    *(("nbf", 5, 200), ("nbf", 6, 401)),
    *(("iat", 5, 200), ("iat", 6, 401)),
]


async def test_clocks_may_differ_by_the_leeway_and_not_by_more(
    client: AsyncClient, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwt, "time", SimpleNamespace(time=lambda: NOW))
    times = {"iat": NOW, "nbf": NOW, "exp": NOW + 60}
    tokens = [forge.with_claims(**(times | {claim: NOW + after})) for claim, after, _ in EDGES]

    responses = [(await send_token(client, token)).status_code for token in tokens]

    assert responses == [status for _, _, status in EDGES]


async def test_the_time_is_checked_each_time(
    client: AsyncClient, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = forge.payload["iat"]
    seen = {}
    for after in (-365 * 86_400, 0, 365 * 86_400):
        monkeypatch.setattr(jwt, "time", SimpleNamespace(time=partial(int, issued + after)))
        seen[after] = (await send_token(client, forge.token)).status_code

    assert list(seen.values()) == [401, 200, 401]
