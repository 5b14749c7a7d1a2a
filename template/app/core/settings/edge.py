"""The edge: which requests are served, how many, and how large."""

from collections.abc import Iterator

from pydantic import Field

from app.core.limits.body_limit import MAX_DEPTH
from app.core.limits.limiter import MAX_REQUESTS
from app.core.settings.group import SettingsGroup
from app.core.settings.hosts import Origins, ServedHosts
from app.core.settings.types import Count, HeaderValue, LifetimeSeconds, Networks, Seconds


class EdgeSettings(SettingsGroup):
    rate_limit_enabled: bool = True
    rate_limit_requests: int = Field(default=100, ge=1, le=MAX_REQUESTS)
    rate_limit_window_seconds: int = Field(default=60, ge=1, le=86_400)
    trusted_proxies: Networks | None = None

    trusted_hosts: ServedHosts = ("*",)
    cors_origins: Origins = ()
    hsts_max_age: int = Field(default=31_536_000, ge=0, le=3_153_600_000)
    csp_policy: HeaderValue = "default-src 'self'"
    limit_concurrency: Count = 1_000
    max_header_bytes: int = Field(default=8_192, ge=1_024, le=2**20)
    max_headers_bytes: int = Field(default=32_768, ge=8_192, le=2**20)
    head_timeout: Seconds = 30
    max_body_bytes: int = Field(default=1_048_576, ge=1, le=2**31)
    max_json_bytes: int = Field(default=262_144, ge=1, le=2**31)
    max_json_depth: int = Field(default=32, ge=1, le=MAX_DEPTH)
    max_json_values: int = Field(default=5_000, ge=1, le=2**31)
    body_timeout: Seconds = 30
    websockets_enabled: bool = False
    websocket_recheck_seconds: Seconds = 30
    require_if_match: bool = False
    idempotency_key_ttl: LifetimeSeconds = 86_400
    docs_enabled: bool | None = None

    @property
    def serves_docs(self) -> bool:
        """Whether /docs and /openapi.json are there: in production only when enabled."""
        return not self.is_production if self.docs_enabled is None else self.docs_enabled

    def find_faults(self) -> Iterator[str]:
        yield from super().find_faults()
        if not self.is_production:
            return
        if "*" in self.trusted_hosts:
            yield "TRUSTED_HOSTS: name the hosts, '*' accepts any"
        if self.trusted_proxies is None:
            yield (
                "TRUSTED_PROXIES: name the networks of the proxies in front, or 'none': behind a"
                " proxy that is not named all clients share one rate limit"
            )
        if any(network.prefixlen == 0 for network in self.trusted_proxies or ()):
            yield "TRUSTED_PROXIES: name the networks, '*' lets clients choose their address"
        if "*" in self.cors_origins:
            yield "CORS_ORIGINS: name the origins, '*' accepts any"
