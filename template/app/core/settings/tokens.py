"""Access tokens: the keys that sign them, and what they say."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from app.core.credentials.keys import Algorithm, Key, find_key_faults, load_key
from app.core.settings import project
from app.core.settings.group import SettingsGroup
from app.core.settings.types import LifetimeSeconds, split_at_commas

Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(split_at_commas)]


class TokenSettings(SettingsGroup):
    jwt_algorithm: Algorithm = "HS256"
    jwt_secret: SecretStr
    jwt_previous_secrets: Secrets = ()
    jwt_issuer: str = project.SLUG
    jwt_audience: str = project.SLUG
    access_token_ttl: LifetimeSeconds = 900

    @property
    def jwt_keys(self) -> list[Key]:
        """The key that signs and, behind it, those that still verify."""
        return [load_key(text) for _, text in self._key_texts()]

    @property
    def serves_jwks(self) -> bool:
        """Whether there are keys that others may verify tokens with."""
        return any(key.algorithm != "HS256" for key in self.jwt_keys)

    def find_faults(self) -> Iterator[str]:
        yield from super().find_faults()
        yield from find_key_faults(self.jwt_algorithm, self._key_texts())

    def _key_texts(self) -> list[tuple[str, str]]:
        """Returns the variable and the text of each key, the one that signs first."""
        previous = [secret.get_secret_value() for secret in self.jwt_previous_secrets]
        signing = ("JWT_SECRET", self.jwt_secret.get_secret_value())
        return [signing, *(("JWT_PREVIOUS_SECRETS", text) for text in previous)]
