"""This service's settings. A new one is a field here and a line in .env.example."""

from pydantic import AwareDatetime, SecretStr

from app.core.platform_settings import PlatformSettings, cached
from app.core.settings.types import Count


class Settings(PlatformSettings):
    # Under the names that deployments of the old backend set.
    secret_key: SecretStr | None = None
    legacy_tokens_until: AwareDatetime | None = None
    requests_per_minute: Count = 100


get_settings, reload_settings = cached(Settings)
