"""This service's settings. A new one is a field here and a line in .env.example."""

from app.core.platform_settings import PlatformSettings, cached


class Settings(PlatformSettings):
    pass


get_settings, reload_settings = cached(Settings)
