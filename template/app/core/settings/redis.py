"""Redis: limits that all replicas share, and the cache."""

import re
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import AfterValidator, Field

from app.core.settings.errors import SettingError
from app.core.settings.group import SettingsGroup
from app.core.settings.types import LifetimeSeconds, Seconds
from app.core.settings.urls import split_url

# The library takes any name for an argument of its own, time limits included.
_OPTIONS = {"db": "[0-9]{1,5}", "client_name": "[!-~]+", "protocol": "[23]"}
_TLS_OPTIONS = {
    "ssl_ca_certs": ".+",
    "ssl_cert_reqs": "none|optional|required",
    "ssl_certfile": ".+",
    "ssl_check_hostname": "true|false",
    "ssl_keyfile": ".+",
}


def _check_redis_url(url: str) -> str:
    parts = split_url(url, "redis", "rediss", "unix", needs_host=not url.startswith("unix:"))
    if parts.scheme == "unix" and not parts.path:
        raise SettingError("must name a socket, as in unix:///run/redis.sock")
    if parts.scheme != "unix" and not re.fullmatch("(/[0-9]{0,5})?", parts.path):
        raise SettingError("must end with the number of a database, as in redis://host:6379/0")
    options = _OPTIONS | (_TLS_OPTIONS if parts.scheme == "rediss" else {})
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if not re.fullmatch(options.get(name, "(?!)"), value):
            raise SettingError(f"may have these options, each with a value: {', '.join(options)}")
    return url


RedisUrl = Annotated[str, AfterValidator(_check_redis_url)]


class RedisSettings(SettingsGroup):
    redis_url: RedisUrl | None = Field(default=None, repr=False)
    redis_timeout: Seconds = 0.2
    cache_ttl: LifetimeSeconds = 30

    @property
    def shares_nothing_because(self) -> str | None:
        return None if self.redis_url else "REDIS_URL is not set"
