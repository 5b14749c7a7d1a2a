"""Characters that are none, in every place where text goes."""

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
    get,
    part,
    post,
    probe,
)

TEXTS = f"{PROBES}/texts"
FIELD = 'form-data; name="text"'
ODD = f"{PARTS}; charset=unicode_escape"
REGISTER = "/api/v1/auth/register"
REFRESH = "grant_type=refresh_token&refresh_token="
LOGIN = "grant_type=password&username=owner%40example.com&password="


def account(email: str) -> str:
    return f'{{"email": "{email}", "password": "correct horse battery staple"}}'


ATTACKS = [
    Attack("half a surrogate pair in a string", probe(r'{"text": "\ud800"}'), 400),
    Attack("half a surrogate pair in a free value", probe(r'{"free": ["\udc00"]}'), 400),
    Attack("half a surrogate pair in a key", probe(r'{"\ud800": 1}'), 400),
    Attack(
        "half a surrogate pair in a name",
        post(ITEMS, JSON, r'{"name": "\ud800"}'),
        400,
    ),
    Attack(
        "half a surrogate pair by an odd charset", post(FORMS, ODD, part(FIELD, rb"\ud800")), 415
    ),
    Attack("a surrogate in UTF-8", probe(b'{"text": "\xed\xa0\x80"}'), 400),
    Attack("a surrogate in a path", get(f"{TEXTS}/%ED%A0%80"), 200),
    Attack("NUL in a string", probe(r'{"text": "a\u0000"}'), 400),
    Attack("NUL in a free key", probe(r'{"free": {"\u0000": 1}}'), 400),
    Attack("NUL as it is in a string", probe(b'{"text": "\0"}'), 400),
    Attack("the spelling of NUL, escaped", probe(r'{"text": "\\u0000"}'), 200),
    Attack("NUL in a path", get(f"{TEXTS}/a%00b"), 400),
    Attack("NUL as an id", get(f"{ITEMS}/%00"), 400),
    Attack("NUL in a query", get(f"{TEXTS}/a?again=%00"), 400),
    Attack("NUL in a name of a query", get(f"{TEXTS}/a?%00=1"), 400),
    Attack("NUL in a form", post(FORMS, FORM, "text=%00"), 400),
    Attack("NUL as it is in a form", post(FORMS, FORM, b"text=\0"), 400),
    Attack("NUL in a password", post(SIGN_IN, FORM, f"{LOGIN}%00"), 400),
    Attack("NUL in a form of parts", post(FORMS, PARTS, part(FIELD, b"a\0b")), 422, on_sqlite=200),
    Attack("an overlong slash in a string", probe(b'{"text": "\xc0\xaf"}'), 400),
    Attack("an overlong slash in a path", get(f"{TEXTS}/%C0%AF"), 200),
    Attack("no UTF-8 in a query", get(f"{TEXTS}/a?again=%FF"), 200),
    Attack("no UTF-8 in a form", post(FORMS, FORM, b"text=%FF\xff"), 200),
    Attack("no UTF-8 in a form of parts", post(FORMS, PARTS, part(FIELD, b"\xff")), 200),
    Attack("no UTF-8 in a password", post(SIGN_IN, FORM, f"{LOGIN}%FF"), 400),
    Attack("bytes as they are in a path", get(b"/api/v1/probes/texts/\xff"), 400),
    Attack("bytes as they are in a query", get(b"/nope?\xff=\xfe"), 400),
    Attack("bytes as they are in a header", get(ITEMS, b"User-Agent: \xff\xfe"), 200),
    Attack(
        "bytes as they are in a token", get(ITEMS, b"Authorization: Bearer \xff.\xfe.\xfd"), 401
    ),
    Attack("SQL as an id", get(f"{ITEMS}/1'%20OR%20'1'='1"), 422),
    Attack(
        "SQL as an e-mail",
        post(SIGN_IN, FORM, f"grant_type=password&username='--&password={CANARY}"),
        400,
    ),
    Attack(
        "a key of the client's",
        post(ITEMS, JSON, f'{{"name": "a", "<{CANARY}>": 1}}'),
        422,
    ),
    Attack("an e-mail of 90 kB", post(REGISTER, JSON, account("a" * 90_000 + "@example.com")), 422),
    Attack("an e-mail of no host", post(REGISTER, JSON, account("a@xn--\\u00ff.example")), 422),
    Attack("a password of 90 kB", post(SIGN_IN, FORM, LOGIN + "x" * 90_000), 400),
    Attack("a refresh token of noise", post(SIGN_IN, FORM, f"{REFRESH}%F0%9F%98%80"), 400),
    Attack("a refresh token of 90 kB", post(SIGN_IN, FORM, REFRESH + "x" * 90_000), 400),
    Attack("an invalid tenant", post(SIGN_IN, FORM, f"{LOGIN}x&tenant={CANARY}"), 400),
]
