"""The composition root: `uvicorn app.main:create_app --factory`, or `python -m app serve`."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware import Middleware

from app.api.errors import add_error_handlers
from app.api.metrics import expose_metrics
from app.api.openapi import Application
from app.api_router import make_api_router
from app.auth import permissions
from app.core.audit import start_counting
from app.core.config import Settings, get_settings
from app.core.limits.limiter import RateLimit
from app.core.limits.rate_limits import make_rate_limits
from app.core.settings import project
from app.core.settings.errors import ConfigurationError
from app.extension_points import Extensions
from app.extensions import extensions as own_extensions
from app.lifespan import make_lifespan
from app.middleware.access_log import AccessLogMiddleware
from app.middleware.body_limits import BodyLimitsMiddleware
from app.middleware.catch_all import CatchAllMiddleware
from app.middleware.cors import ProblemCORSMiddleware
from app.middleware.head_limits import HeadLimitsMiddleware
from app.middleware.metrics import metrics_middleware
from app.middleware.rate_limit import RateLimitMiddleware
from app.middleware.request_context import RequestContextMiddleware
from app.middleware.security_headers import SecurityHeadersMiddleware
from app.middleware.trusted_hosts import TrustedHostsMiddleware
from app.middleware.trusted_proxies import TrustedProxiesMiddleware
from app.middleware.well_formed import WellFormedMiddleware


def create_app(
    settings: Settings | None = None, extensions: Extensions = own_extensions
) -> FastAPI:
    """Makes the application; what it opens, it opens when it starts.

    Raises:
        ConfigurationError: the settings are invalid, or in production only fit for a laptop.
    """
    settings = settings or get_settings()
    if refusals := settings.refusals():
        raise ConfigurationError(refusals)

    start_counting(extensions.audit_events)
    app = Application(
        title=project.NAME,
        description=project.DESCRIPTION,
        version=settings.version,
        behind=settings.root_path,
        lifespan=make_lifespan(settings, extensions),
        middleware=make_middleware(settings, extensions),
        # A path with a slash too many is no other name of a route. Metrics would take each such path
        # for a route of its own, and a client could make as many time series as it likes.
        redirect_slashes=False,
        openapi_url="/openapi.json" if settings.serves_docs else None,
    )
    add_error_handlers(app, extensions.errors)
    app.include_router(
        make_api_router(
            extensions.routers, serves_docs=settings.serves_docs, serves_jwks=settings.serves_jwks
        )
    )
    if settings.metrics_port is None:
        expose_metrics(app, settings.metrics_access)
    return app


def make_middleware(settings: Settings, extensions: Extensions) -> list[Middleware]:
    """Returns the layers around the router, outermost first."""
    return [
        Middleware(TrustedProxiesMiddleware, proxies=settings.trusted_proxies or ()),
        Middleware(RequestContextMiddleware),
        Middleware(AccessLogMiddleware),
        metrics_middleware(),
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
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "If-Match",
                *extensions.cors_request_headers,
            ],
            expose_headers=[
                "ETag",
                "Idempotency-Replayed",
                "Link",
                "RateLimit",
                "RateLimit-Policy",
                "Retry-After",
                "X-Request-ID",
                *extensions.cors_exposed_headers,
            ],
        ),
        Middleware(HeadLimitsMiddleware),
        Middleware(
            BodyLimitsMiddleware,
            max_bytes=settings.max_body_bytes,
            timeout_seconds=settings.body_timeout,
        ),
        *make_rate_limiting(settings, extensions.rate_limits),
        Middleware(WellFormedMiddleware),
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
