"""What this service adds to the platform: app/extension_points.py explains each field."""

import typer
from humanize import intcomma
from starlette.middleware import Middleware

from app.context import AppContext
from app.core.limits.limiter import RateLimit
from app.extension_points import Extensions
from app.middleware.shop import ShopMiddleware
from app.services import orders


async def order_limit(context: AppContext) -> None:
    """Say how many pieces an order may be for."""
    typer.echo(f"{intcomma(context.settings.order_limit)} pieces")


extensions = Extensions(
    middleware=[Middleware(ShopMiddleware, name="corner")],
    commands=[order_limit],
    rate_limits=[RateLimit("orders", requests=50, window_seconds=60, paths=("/api/v1/orders",))],
    seeders=[orders.seed_orders],
)
