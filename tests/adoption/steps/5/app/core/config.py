"""This service's settings. A new one is a field here and a line in .env.example."""

from pydantic import Field, SecretStr

from app.core.platform_settings import PlatformSettings, cached
from app.core.settings.types import Count


class Settings(PlatformSettings):
    # Under the names that deployments of the old backend set.
    secret_key: SecretStr | None = None
    token_minutes: Count = 60
    requests_per_minute: Count = 100
    bcrypt_rounds: int = Field(default=12, ge=4, le=14)


get_settings, reload_settings = cached(Settings)
