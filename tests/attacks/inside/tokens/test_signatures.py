"""Signatures that are not the one of this token with this key."""

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from httpx2 import AsyncClient

from tokens.attacking import Attack, send_token
from tokens.forging import Forge, decode, dump, encode

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


async def test_a_signature_is_for_what_was_signed(attack: Attack, forge: Forge) -> None:
    header, payload, signature = forge.token.split(".")
    other = forge.with_claims(jti="other")
    changed = encode(dump(forge.payload | {"tid": None}))

    await attack(
        {
            "another payload": f"{header}.{changed}.{signature}",
            "a signature of another token": f"{header}.{payload}.{other.split('.')[2]}",
            "header and payload swapped": f"{payload}.{header}.{signature}",
            "payload and signature swapped": f"{header}.{signature}.{payload}",
            "the payload twice": f"{header}.{payload}.{payload}",
            "no payload": f"{header}..{signature}",
            "two tokens": f"{forge.token}.{other}",
            "two tokens with a comma": f"{forge.token},{other}",
        }
    )


def signatures(forge: Forge, signature: bytes) -> dict[str, bytes]:
    half = len(signature) // 2
    made = {
        "empty": b"",
        "zeros": b"\x00" * len(signature),
        "ones": b"\xff" * len(signature),
        "cut": signature[:-1],
        "half": signature[:half],
        "longer by a zero": signature + b"\x00",
        "a zero before it": b"\x00" + signature,
        "twice": signature * 2,
        "reversed": signature[::-1],
        "a bit": bytes([signature[0] ^ 1]) + signature[1:],
        "the last bit": signature[:-1] + bytes([signature[-1] ^ 1]),
        "in hexadecimal": signature.hex().encode(),
        "1 MB": b"\x01" * 1_000_000,
    }
    if isinstance(forge.key, ec.EllipticCurvePrivateKey):
        message = forge.token.rpartition(".")[0].encode()
        r, s = signature[:32], int.from_bytes(signature[32:], "big")
        made |= {
            "DER": forge.key.sign(message, ec.ECDSA(SHA256())),
            "r is 0": b"\x00" * 32 + signature[32:],
            "s is 0": r + b"\x00" * 32,
            "s is the order": r + P256_ORDER.to_bytes(32, "big"),
            "r and s of 33 bytes": b"\x00" + r + b"\x00" + signature[32:],
            "s above the order": r + (s + P256_ORDER).to_bytes(33, "big"),
        }
    if isinstance(forge.key, rsa.RSAPrivateKey):
        modulus = forge.key.public_key().public_numbers().n
        number = int.from_bytes(signature, "big") + modulus
        made["above the modulus"] = number.to_bytes(257, "big")
        made["1"] = b"\x01".rjust(256, b"\x00")
    return made


async def test_only_the_signature_itself_is_accepted(attack: Attack, forge: Forge) -> None:
    signed, _, signature = forge.token.rpartition(".")

    await attack(
        {
            name: f"{signed}.{encode(made)}"
            for name, made in signatures(forge, decode(signature)).items()
        }
    )


async def test_the_other_half_of_an_ecdsa_signature_is_no_error(
    client: AsyncClient, forge: Forge
) -> None:
    """It is as good as the first: nothing here is kept by the text of a token."""
    if not isinstance(forge.key, ec.EllipticCurvePrivateKey):
        return
    signed, _, text = forge.token.rpartition(".")
    r, s = decode(text)[:32], int.from_bytes(decode(text)[32:], "big")
    token = f"{signed}.{encode(r + (P256_ORDER - s).to_bytes(32, 'big'))}"

    assert (await send_token(client, token)).status_code in (200, 401)
