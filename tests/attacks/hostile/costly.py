"""Requests within the limits of a service that has the defaults, each made to cost the most."""

import json

from tests.attacks.hostile.requests import (
    FILES,
    FORM,
    FORMS,
    ITEMS,
    JSON,
    PARTS,
    PROBES,
    SIGN_IN,
    Attack,
    get,
    post,
    probe,
)

LISTS, ROWS = f"{PROBES}/lists", f"{PROBES}/rows"
REGISTER = "/api/v1/auth/register"
JSON_BYTES, BODY_BYTES, FIELD_BYTES, VALUES = 262_144, 1_048_576, 65_536, 4_990
# A letter with two marks: normalizing many takes time by the square of their number.
MARKS = "a\u0301\u0323"
OBJECTS = '{"free": [' + '{"a":1},' * 2_490 + "1]}"
NESTED = '{"free": [' + ("[" * 30 + "]" * 30 + ",") * 150 + "1]}"
FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n'
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'


def fill(start: str, piece: str, end: str, size: int = JSON_BYTES) -> str:
    return start + piece * ((size - len(start) - len(end)) // len(piece)) + end


def encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def account(email: str, password: str) -> bytes:
    return json.dumps({"email": email, "password": password}, ensure_ascii=False).encode()


MANY_KEYS = json.dumps({f"{number:x}": 1 for number in range(VALUES)})
COSTLY = [
    Attack("numbers where texts belong", post(LISTS, JSON, "[" + "1," * (VALUES - 10) + "1]"), 422),
    Attack(
        "a hundred objects without their ten fields",
        post(ROWS, JSON, "[" + "{}," * 99 + "{}]"),
        422,
    ),
    Attack("objects with a field", probe(OBJECTS), 200),
    Attack("nested to the limit", probe(NESTED), 200),
    Attack("keys that there are not", post(ITEMS, JSON, MANY_KEYS), 422),
    Attack("a text of escapes", probe(fill('{"text": "', "\\u0041", '"}')), 200),
    Attack("more values than the limit", post(LISTS, JSON, fill("[", "1,", "1]")), 400),
    Attack("brackets, all open", probe("[" * JSON_BYTES), 400),
    Attack("quotes in a text without an end", probe(fill('{"text": "', '\\"', "")), 400),
    Attack("a number of a quarter of a megabyte", probe(fill('{"number": ', "9", "}")), 400),
    Attack("an address of marks", post(REGISTER, JSON, account(MARKS * 3_000, "x" * 20)), 422),
    Attack("a password of marks", post(REGISTER, JSON, account("a@b.example", MARKS * 330)), 422),
    Attack(
        "marks for a user name",
        post(SIGN_IN, FORM, f"grant_type=password&password=x&username={encoded(MARKS) * 1_900}"),
        400,
    ),
    Attack("a form of escapes", post(FORMS, FORM, fill("text=", "%41", "", FIELD_BYTES)), 200),
    Attack("fields of escapes", post(FORMS, FORM, fill("a=", "%41", "&", 10_000) * 100), 200),
    Attack("a form of 500,000 fields", post(FORMS, FORM, "a&" * (BODY_BYTES // 2)), 400),
    Attack("15,000 files", post(FILES, PARTS, FILE * 15_000), 400),
    Attack("20,000 parts", post(FORMS, PARTS, PART * 20_000), 400),
    Attack("a file", post(FILES, PARTS, FILE[:-2] + b"x" * 1_000_000 + b"\r\n--x--\r\n"), 200),
    Attack("JSON for nothing", post("/nope", JSON, fill("[", "1,", "1]", BODY_BYTES)), 404),
    Attack("4000 parameters", get(f"{ITEMS}?" + "a&" * 4_000), 200),
    Attack("a query of escapes", get(f"{ITEMS}?name=" + "%41" * 2_700), 422),
    Attack("a list of tags", get(ITEMS, "If-Match: " + '"a",' * 2_000), 200),
    Attack(
        "a content type of semicolons",
        post(FORMS, f'{PARTS}; a="' + ";" * 8_000 + '"', b"--x--"),
        200,
    ),
]
