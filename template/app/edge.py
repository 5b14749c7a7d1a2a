"""Every layer around the router, in the order that docs/edge.md explains."""

from collections.abc import Sequence

from starlette.middleware import Middleware

from app.auth import permissions
from app.core.config import Settings
from app.core.limits.body_limit import BodyLimits, JSONLimits
from app.core.limits.limiter import RateLimit
from app.core.limits.rate_limits import make_rate_limits
from app.extension_points import Extensions
from app.middleware.access_log import log_request
from app.middleware.body_limits import BodyLimitsMiddleware
from app.middleware.catch_all import CatchAllMiddleware
from app.middleware.concurrency import ConcurrencyMiddleware
from app.middleware.cors import ProblemCORSMiddleware
from app.middleware.exchange import ExchangeMiddleware
from app.middleware.head_limits import HeadLimitsMiddleware
from app.middleware.head_method import HeadMethodMiddleware
from app.middleware.metrics import count_request
from app.middleware.rate_limit import RateLimitMiddleware
from app.middleware.request_context import RequestContextMiddleware
from app.middleware.security_headers import SecurityHeadersMiddleware
from app.middleware.trusted_hosts import TrustedHostsMiddleware
from app.middleware.trusted_proxies import TrustedProxiesMiddleware
from app.middleware.websockets import WebsocketsMiddleware
from app.middleware.well_formed import WellFormedMiddleware

CORS_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
CORS_REQUEST_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match")
CORS_EXPOSED_HEADERS = (
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
)


def make_middleware(settings: Settings, extensions: Extensions) -> list[Middleware]:
    """Returns the layers around the router, outermost first."""
    bodies = make_body_limits(settings, extensions)
    return [
        Middleware(ExchangeMiddleware, observers=[count_request, log_request]),
        Middleware(TrustedProxiesMiddleware, proxies=settings.trusted_proxies or ()),
        Middleware(RequestContextMiddleware),
        Middleware(
            SecurityHeadersMiddleware,
            csp_policy=settings.csp_policy,
            hsts_max_age=settings.hsts_max_age,
            always_https=settings.is_production,
        ),
        Middleware(CatchAllMiddleware),
        Middleware(TrustedHostsMiddleware, hosts=settings.trusted_hosts),
        Middleware(
            ProblemCORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=CORS_METHODS,
            allow_headers=[*CORS_REQUEST_HEADERS, *extensions.cors_request_headers],
            expose_headers=[*CORS_EXPOSED_HEADERS, *extensions.cors_exposed_headers],
        ),
        Middleware(
            HeadLimitsMiddleware,
            max_header_bytes=settings.max_header_bytes,
            max_headers_bytes=settings.max_headers_bytes,
        ),
        Middleware(ConcurrencyMiddleware, limit=settings.limit_concurrency),
        *make_rate_limiting(settings, extensions.rate_limits),
        Middleware(WebsocketsMiddleware, enabled=settings.websockets_enabled),
        Middleware(BodyLimitsMiddleware, limits=bodies, timeout_seconds=settings.body_timeout),
        Middleware(WellFormedMiddleware, limits=bodies),
        Middleware(HeadMethodMiddleware),
        *extensions.middleware,
    ]


def make_rate_limiting(settings: Settings, own: Sequence[RateLimit]) -> list[Middleware]:
    if not settings.rate_limit_enabled:
        return []
    limits = make_rate_limits(
        own,
        requests=settings.rate_limit_requests,
        window_seconds=settings.rate_limit_window_seconds,
        public=permissions.public,
    )
    return [Middleware(RateLimitMiddleware, limits=limits)]


def make_body_limits(settings: Settings, extensions: Extensions) -> BodyLimits:
    json = JSONLimits(settings.max_json_bytes, settings.max_json_depth, settings.max_json_values)
    return BodyLimits(extensions.body_limits, max_bytes=settings.max_body_bytes, json=json)
