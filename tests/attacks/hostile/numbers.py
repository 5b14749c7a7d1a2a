"""Numbers and positions beyond what the columns of a database hold."""

import base64

from tests.attacks.hostile.requests import CANARY, ITEMS, PROBES, Attack, get, probe

NUMBERS = f"{PROBES}/numbers"
ROW = "6f1f3d5e-8b3c-4b1e-9a57-0d7f6f1f3d5e"


def after(position: str | bytes) -> bytes:
    text = position if isinstance(position, bytes) else position.encode()
    return get(f"{ITEMS}?after={base64.urlsafe_b64encode(text).decode().rstrip('=')}")


ATTACKS = [
    Attack("2^31 in a path", get(f"{NUMBERS}/{2**31}"), 422, on_sqlite=200),
    Attack("-2^31-1 in a path", get(f"{NUMBERS}/{-(2**31) - 1}"), 422, on_sqlite=200),
    Attack("2^63 in a path", get(f"{NUMBERS}/{2**63}"), 422),
    Attack("2^63 in a query", get(f"{NUMBERS}?number={2**63}"), 422),
    Attack("-2^63-1 in a query", get(f"{NUMBERS}?number={-(2**63) - 1}"), 422),
    Attack("10^25 in a query", get(f"{NUMBERS}?number={10**25}"), 422),
    Attack("5000 digits in a query", get(f"{NUMBERS}?number={'9' * 5000}"), 422),
    Attack("2^63 in a body", probe(f'{{"number": {2**63}}}'), 422),
    Attack("-2^63-1 in a body", probe(f'{{"number": {-(2**63) - 1}}}'), 422),
    Attack("10^25 in a body", probe(f'{{"number": {10**25}}}'), 422),
    Attack("10^25 in a free value", probe(f'{{"free": {10**25}}}'), 200),
    Attack("a limit of 2^31", get(f"{ITEMS}?limit={2**31}"), 422),
    Attack("a limit of 10^25", get(f"{ITEMS}?limit={10**25}"), 422),
    Attack("a limit below zero", get(f"{ITEMS}?limit=-1"), 422),
    Attack("a limit that is no number", get(f"{ITEMS}?limit={CANARY}"), 422),
    Attack("an invalid id", get(f"{ITEMS}/{CANARY}"), 422),
    Attack("a cursor of noise", get(f"{ITEMS}?after=%F0%9F%98%80"), 400),
    Attack("a cursor of other bytes", after(b"\xff\0"), 400),
    Attack("a cursor cut off", after("2026-11-24T00:00:00+00:00"), 400),
    Attack("a cursor without a zone", after(f"2026-11-24T00:00:00 {ROW}"), 400),
    Attack("a cursor before the first year", after(f"0001-01-01T00:00:00+23:59 {ROW}"), 400),
    Attack("a cursor after the last year", after(f"9999-12-31T23:59:59-23:59 {ROW}"), 400),
    Attack("a cursor of SQL", after(f"'; DROP TABLE items; -- {ROW}"), 400),
    Attack("an unsigned cursor", after(f"2026-11-24T00:00:00+00:00 {ROW}"), 400),
    Attack("a cursor of 10 kB", get(f"{ITEMS}?after={'A' * 5000}"), 422),
]
