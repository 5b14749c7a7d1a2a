"""The routers of this service's own resources, one line each."""

from fastapi import APIRouter

from app.api.v1 import items

routers: list[APIRouter] = [
    items.router,
]
