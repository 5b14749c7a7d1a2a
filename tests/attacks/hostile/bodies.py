"""Bodies that are not what they say, or say nothing that has one meaning."""

import gzip
import json

from tests.attacks.hostile.requests import (
    CANARY,
    FORM,
    FORMS,
    ITEMS,
    JSON,
    PARTS,
    PROBES,
    SIGN_IN,
    Attack,
    post,
    probe,
    request,
)

NESTED = 31
UTF_16 = '{"text": "a"}'.encode("utf-16")
XML = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"
WIDE = b"[" + b"1," * 45_000 + b"1]"
MANY = json.dumps(dict.fromkeys((str(number) for number in range(4000)), CANARY))

ATTACKS = [
    Attack("45000 numbers where an object is asked for", probe(WIDE), 400),
    Attack("NaN", probe('{"share": NaN}'), 400),
    Attack("Infinity", probe('{"free": Infinity}'), 400),
    Attack("-Infinity", probe('{"share": -Infinity}'), 400),
    Attack("1e999", probe('{"share": 1e999}'), 400),
    Attack("1e999 in a free value", probe('{"free": [1e999]}'), 400),
    Attack("a number of 5000 digits", probe('{"number": ' + "9" * 5000 + "}"), 400),
    Attack("31 arrays in each other", probe('{"free": ' + "[" * NESTED + "]" * NESTED + "}"), 200),
    Attack("33 arrays in each other", probe("[" * 33 + "]" * 33), 400),
    Attack("1000 arrays in each other", probe('{"free": ' + "[" * 1000 + "]" * 1000 + "}"), 400),
    Attack("5000 arrays in each other", probe("[" * 5000 + "]" * 5000), 400),
    Attack("90000 arrays that nobody closes", probe("[" * 90_000), 400),
    Attack("15000 objects that nobody closes", probe('{"a":' * 15_000), 400),
    Attack("a key twice", probe('{"number": 1, "number": 2}'), 400),
    Attack("a key twice, once escaped", probe(r'{"free": [{"a": 1, "\u0061": 2}]}'), 400),
    Attack("no UTF-8", probe(b'{"text": "\xff"}'), 400),
    Attack("UTF-16", probe(UTF_16), 400),
    Attack("UTF-16 that says so", post(PROBES, f"{JSON}; charset=utf-16", UTF_16), 415),
    Attack("UTF-32", probe('{"text": "a"}'.encode("utf-32")), 400),
    Attack("a byte order mark", probe(b'\xef\xbb\xbf{"text": "a"}'), 400),
    Attack("half of an object", probe(f'{{"text": "{CANARY}"'), 400),
    Attack("a comment", probe('{"text": "a" /* b */}'), 400),
    Attack("two documents", probe("{}{}"), 400),
    Attack("blanks", probe("  "), 400),
    Attack("null", probe("null"), 422),
    Attack("an array", probe("[1]"), 422),
    Attack("a value of the wrong type", probe(f'{{"number": "{CANARY}"}}'), 422),
    Attack("4000 keys that there are not", post(ITEMS, JSON, MANY), 422),
    Attack("no body", request("POST", PROBES, JSON, "Content-Length: 0"), 422),
    Attack("no content type", request("POST", PROBES, body=b"{}"), 415),
    Attack("a content type without sense", post(PROBES, 'Content-Type: ;;="', "{}"), 415),
    Attack("JSON that is called text", post(PROBES, "Content-Type: text/plain", "{}"), 415),
    Attack("a picture", post(PROBES, "Content-Type: image/png", b"\x89PNG\xff\0"), 415),
    Attack("a picture that is called JSON", probe(b"\x89PNG\xff\0"), 400),
    Attack("XML", post(ITEMS, "Content-Type: application/xml", XML), 415),
    Attack("JSON in gzip", probe(gzip.compress(b"{}", mtime=0)), 400),
    Attack("a form where JSON is asked for", post(PROBES, FORM, "number=1"), 415),
    Attack("JSON where a form is asked for", post(SIGN_IN, JSON, "{}"), 400),
    Attack("parts without a boundary", post(FORMS, "Content-Type: multipart/form-data", "x"), 400),
    Attack("parts without a name", post(FORMS, PARTS, "--x\r\n\r\na\r\n--x--"), 400),
    Attack("noise for parts", post(FORMS, PARTS, b"\xff\0" * 500), 400),
    Attack("a form of 2000 fields", post(FORMS, FORM, "a=1&" * 2000), 400),
]
