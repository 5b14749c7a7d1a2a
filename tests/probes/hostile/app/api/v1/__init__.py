"""The routers of this service's own resources, one line each."""

from app.api.v1 import items, probes

routers = [
    items.router,
    probes.router,
]
