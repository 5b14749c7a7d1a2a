"""The composition root: `uvicorn app.main:create_app --factory`, or `python -m app serve`."""

from fastapi import FastAPI
from loguru import logger

from app.api.errors import add_error_handlers
from app.api.metrics import expose_metrics
from app.api.openapi import Application
from app.api_router import make_api_router
from app.commands.http_protocol import drop_trailers
from app.core.audit import start_counting
from app.core.config import Settings, get_settings
from app.core.limits.body_limit import FORM_LIMITS
from app.core.logging import configure_logging
from app.core.settings import project
from app.core.settings.errors import ConfigurationError
from app.edge import make_middleware
from app.extension_points import Extensions
from app.extensions import extensions as own_extensions
from app.lifespan import make_lifespan


def create_app(
    settings: Settings | None = None, extensions: Extensions = own_extensions
) -> FastAPI:
    """Makes the application; what it opens, it opens when it starts.

    Raises:
        ConfigurationError: the settings are invalid, or in production only fit for a laptop.
    """
    settings = settings or _get_settings_elsewhere()
    if refusals := settings.refusals():
        raise ConfigurationError(refusals)

    drop_trailers()
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
        form_limits=FORM_LIMITS,
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


def create_served_app() -> FastAPI:
    """Makes the application for `python -m app serve`."""
    return create_app(get_settings())


def _get_settings_elsewhere() -> Settings:
    settings = get_settings()
    configure_logging(settings.log_level, is_text=settings.logs_text)
    logger.warning(
        "not `python -m app serve`: this server does not read WORKERS, METRICS_PORT and what else is"
        " under Processes in docs/edge.md"
    )
    return settings
