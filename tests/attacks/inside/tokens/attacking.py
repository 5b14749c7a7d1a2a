"""What the attacks on tokens share besides fixtures."""

from collections.abc import Awaitable, Callable, Mapping

from httpx2 import AsyncClient, Response
from pydantic import SecretStr

from service.support.pems import make_private_key, to_pem, to_public_pem
from tokens.forging import PrivateKey

ALGORITHMS = ["HS256", "RS256", "ES256"]
SECRET = "a secret that is known to its attackers"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ME = "/api/v1/auth/me"
# Far more than is needed: it ends a hang, and is no claim about speed.
SECONDS = 5

Attack = Callable[[Mapping[str, str | bytes]], Awaitable[None]]


def make_key(algorithm: str) -> PrivateKey | bytes:
    return SECRET.encode() if algorithm == "HS256" else make_private_key(algorithm)


def to_signing_text(key: PrivateKey | bytes) -> SecretStr:
    return SecretStr(key.decode() if isinstance(key, bytes) else to_pem(key))


def to_verifying_text(key: PrivateKey | bytes) -> SecretStr:
    return SecretStr(key.decode() if isinstance(key, bytes) else to_public_pem(key))


async def send_token(
    client: AsyncClient, token: str | bytes, path: str = ME, method: str = "GET"
) -> Response:
    """Ask with a token of any characters, as bytes on the wire."""
    raw = token if isinstance(token, bytes) else token.encode(errors="surrogatepass")
    headers = {b"Authorization": b"Bearer " + raw}
    return await client.request(
        method, path, headers=headers, json={"name": "Lamp"} if method == "POST" else None
    )
