"""This service's settings. A new one is a field here and a line in .env.example."""

from pydantic import Field

from app.core.platform_settings import PlatformSettings, cached


class Settings(PlatformSettings):
    order_limit: int = Field(default=1000, ge=1)


get_settings, reload_settings = cached(Settings)
