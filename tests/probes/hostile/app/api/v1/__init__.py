"""The routers of this service's own resources, one line each."""

from app.api.v1 import items, probes
from app.core.limits.sampler import Sampler
from app.middleware import access_log

# Each attack is to be found in the log, however many there are in a second.
access_log._refusals = Sampler(10_000)

routers = [
    items.router,
    probes.router,
]
