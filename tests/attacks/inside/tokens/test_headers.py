"""What a header says: another algorithm, another key, or where to find one."""

import json
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.core.credentials.keys import load_key
from service.support.pems import make_private_key, to_public_pem
from tokens.attacking import ALGORITHMS, Attack, make_key, to_verifying_text
from tokens.forging import Forge, dump, encode

UNKNOWN: list[Any] = [
    *("none", "None", "NONE", "nOnE", "none ", " none", "no\u200bne", ""),
    *("HS384", "HS512", "hs256", "RS384", "RS512", "PS256", "ES384", "ES512", "ES256K", "EdDSA"),
    *("A256GCM", "dir", "RSA-OAEP", "HS256 ", "HS256\x00"),
    *(None, True, 0, 1.5, [], {}, ["HS256"], ["none"], {"HS256": 1}),
]


async def test_no_other_algorithm_is_known(attack: Attack, forge: Forge) -> None:
    unsigned = {
        f"{alg!r} unsigned": forge.make(forge.header | {"alg": alg}, signature=b"")
        for alg in UNKNOWN
    }
    signed = {f"{alg!r} signed": forge.with_header(alg=alg) for alg in UNKNOWN}
    stolen = {
        f"{alg!r} with a good signature": f"{made.rpartition('.')[0]}.{forge.token.split('.')[2]}"
        for alg, made in zip(UNKNOWN, unsigned.values(), strict=True)
    }
    without = {name: value for name, value in forge.header.items() if name != "alg"}
    missing = {
        "missing": forge.make(without),
        "missing, unsigned": forge.make(without, None, None, b""),
    }

    await attack({**unsigned, **signed, **stolen, **missing})


def public_forms(algorithm: str) -> dict[str, bytes]:
    """Everything that an attacker could take for the secret, knowing the public key."""
    public = make_private_key(algorithm).public_key()
    spki, der = PublicFormat.SubjectPublicKeyInfo, public.public_bytes
    forms = {
        "PEM": der(Encoding.PEM, spki),
        "DER": der(Encoding.DER, spki),
        "SSH": der(Encoding.OpenSSH, PublicFormat.OpenSSH),
    }
    if algorithm == "RS256":
        forms["PEM of PKCS 1"] = der(Encoding.PEM, PublicFormat.PKCS1)
        forms["DER of PKCS 1"] = der(Encoding.DER, PublicFormat.PKCS1)
    stripped = {f"{name}, stripped": form.strip() for name, form in forms.items()}
    body = b"".join(forms["PEM"].splitlines()[1:-1])
    return {**forms, **stripped, "body of the PEM": body, "nothing": b""}


async def test_a_public_key_is_no_secret(attack: Attack, forge: Forge) -> None:
    tokens = {}
    for algorithm in ("RS256", "ES256"):
        kids = [load_key(to_public_pem(make_private_key(algorithm))).kid, forge.header["kid"]]
        for form, public in public_forms(algorithm).items():
            for alg in ("HS256", "HS384", "HS512"):
                for kid in kids:
                    header = forge.header | {"alg": alg, "kid": kid}
                    made = forge.make(header, key=public)
                    tokens[f"{alg} with {form} of {algorithm} as {kid}"] = made

    await attack(tokens)


async def test_a_key_is_for_its_own_algorithm(attack: Attack, forge: Forge) -> None:
    """The service knows a key of each; one is named, another one or another algorithm is used."""
    kids = {
        each: load_key(to_verifying_text(make_key(each)).get_secret_value()).kid
        for each in ALGORITHMS
    }
    tokens = {
        f"{alg} with the key for {key}, named as that for {named}": forge.make(
            {"alg": alg, "kid": kids[named], "typ": "at+jwt"}, key=make_key(key)
        )
        for alg in ALGORITHMS
        for key in ALGORITHMS
        for named in ALGORITHMS
        if not alg == key == named
    }

    await attack(tokens)


async def test_keys_are_found_by_their_names_only(attack: Attack, forge: Forge) -> None:
    kid = forge.header["kid"]
    names: list[object] = [
        *("", "0" * 16, kid[:8], kid.upper() + " ", f"{kid}\x00", f" {kid}", kid * 300),
        *("../../../../dev/null", "/dev/null", "file:///dev/null", "C:\\nul", "key.pem"),
        *("' OR '1'='1", "x' UNION SELECT 'secret' --", "x; DROP TABLE users", "$(id)", "{{ 7 }}"),
        *("http://127.0.0.1/keys", "\ud800", "\u0000", "kid\r\nX-Evil: 1"),
        *(None, True, 0, 7, 1.5, [], [kid], {}, {"kid": kid}, {"$ne": None}),
    ]
    without = {name: value for name, value in forge.header.items() if name != "kid"}
    tokens = {"missing": forge.make(without)}
    for secret in (None, b"", b"secret", b"\x00"):
        for name in names:
            header = forge.header | {"kid": name, "alg": "HS256"}
            tokens[f"{name!r:.60} and {secret!r}"] = forge.make(header, key=secret)

    await attack(tokens)


def jwk_of(key: bytes) -> dict[str, str]:
    return {"kty": "oct", "k": encode(key), "alg": "HS256", "use": "sig"}


async def test_a_header_says_nothing_else(attack: Attack, forge: Forge) -> None:
    """Not even when our own key has signed it: nobody here writes such a header."""
    url = "http://127.0.0.1:9/keys"
    theirs = b"the attacker's own key"
    added: list[dict[str, Any]] = [
        *({"jku": url}, {"x5u": url}, {"x5c": ["MII"]}, {"x5t": "x"}, {"x5t#S256": "x"}),
        *({"jwk": jwk_of(theirs)}, {"jwk": {}}, {"jwk": None}),
        *({"crit": []}, {"crit": ["exp"]}, {"crit": ["b64"]}, {"crit": "b64"}, {"crit": None}),
        *({"b64": False, "crit": ["b64"]}, {"b64": False}, {"b64": True}),
        *({"zip": "DEF"}, {"enc": "A256GCM"}, {"cty": "JWT"}, {"nonce": "x"}, {"iss": "x"}),
        *({"typ": each} for each in ("JWT", "jwt", "AT+JWT", "application/at+jwt", "rt+jwt", "")),
        *({"typ": None}, {"typ": True}, {"typ": 7}, {"typ": []}, {"typ": ["at+jwt"]}, {"typ": {}}),
        *({"__proto__": {"alg": "none"}}, {"\ud800": 1}, {"Alg": "none"}),
    ]
    untyped = {name: value for name, value in forge.header.items() if name != "typ"}
    headers = [untyped, *(forge.header | more for more in added)]

    for key in (None, theirs):
        await attack({f"{header}": forge.make(header, key=key) for header in headers})


def written(header: dict[str, Any]) -> list[str]:
    """Write a good header in ways that are not ours, some of which mean the same."""
    text = dump(header).decode()
    return [
        *("", "[]", "null", "7", "true", '"x"', "{", "}", f"[{text}]", json.dumps(text)),
        *(json.dumps(header), dump(dict(reversed(header.items()))).decode()),
        *(f" {text}", f"{text}\n", f"\ufeff{text}", f"{text}\x00"),
        *(text.replace("alg", "\\u0061lg"), text.replace("a", "\ud800")),
        text.encode("utf-16").decode("latin-1"),
        *(f'{{"alg":"none",{text[1:]}', f'{text[:-1]},"alg":"none"}}'),
        f'{text[:-1]},"typ":"at+jwt"}}',
        *(f'{text[:-1]},"n":{number}}}' for number in ("NaN", "1e999", "9" * 2000)),
    ]


async def test_a_header_has_one_spelling(attack: Attack, forge: Forge) -> None:
    texts = (text.encode(errors="surrogatepass") for text in written(forge.header))

    await attack({f"{number} {text!r:.60}": forge.make(text) for number, text in enumerate(texts)})
