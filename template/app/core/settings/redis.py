"""Redis: limits that all replicas share, and the cache."""

from pydantic import Field

from app.core.settings.group import SettingsGroup
from app.core.settings.types import Seconds


class RedisSettings(SettingsGroup):
    redis_url: str | None = None
    redis_timeout: Seconds = 0.2
    cache_ttl: int = Field(default=30, ge=1)
