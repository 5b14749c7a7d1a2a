"""The composition root: `uvicorn app.main:create_app --factory`, or `python -m app serve`."""

from fastapi import FastAPI
from prometheus_fastapi_instrumentator import Instrumentator
from starlette.middleware import Middleware

from app import extensions
from app.api.errors import add_error_handlers
from app.api.openapi import Application
from app.api_router import make_api_router
from app.core.config import Settings, get_settings
from app.core.limits.rate_limits import make_rate_limits
from app.core.settings import project
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


class ConfigurationError(Exception):
    """The settings are not fit to serve with; the message says why."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Makes the application; what it opens, it opens when it starts.

    Raises:
        ConfigurationError: in production, with settings that are only fit for a laptop.
    """
    settings = settings or get_settings()
    if refusals := settings.refusals():
        raise ConfigurationError("\n".join(["This service refuses to start:", *refusals]))

    app = Application(
        title=project.NAME,
        description=project.DESCRIPTION,
        version=settings.version,
        lifespan=make_lifespan(settings),
        middleware=make_middleware(settings),
        # A path with a slash too many is no other name of a route. Metrics would take each such path
        # for a route of its own, and a client could make as many time series as it likes.
        redirect_slashes=False,
        openapi_url="/openapi.json" if settings.serves_docs else None,
    )
    add_error_handlers(app, extensions.errors)
    app.include_router(
        make_api_router(serves_docs=settings.serves_docs, serves_jwks=settings.serves_jwks)
    )
    Instrumentator().expose(app, include_in_schema=False)
    return app


def make_middleware(settings: Settings) -> list[Middleware]:
    """Returns the layers around the router, outermost first."""
    return [
        Middleware(TrustedProxiesMiddleware, proxies=settings.trusted_proxies),
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
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match"],
            expose_headers=[
                "ETag",
                "Idempotency-Replayed",
                "Link",
                "RateLimit",
                "RateLimit-Policy",
                "Retry-After",
                "X-Request-ID",
            ],
        ),
        Middleware(HeadLimitsMiddleware),
        Middleware(
            BodyLimitsMiddleware,
            max_bytes=settings.max_body_bytes,
            timeout_seconds=settings.body_timeout,
        ),
        *make_rate_limiting(settings),
        Middleware(WellFormedMiddleware),
        *extensions.middleware,
    ]


def make_rate_limiting(settings: Settings) -> list[Middleware]:
    if not settings.rate_limit_enabled:
        return []
    limits = make_rate_limits(
        extensions.rate_limits,
        requests=settings.rate_limit_requests,
        window_seconds=settings.rate_limit_window_seconds,
    )
    return [Middleware(RateLimitMiddleware, limits=limits)]
