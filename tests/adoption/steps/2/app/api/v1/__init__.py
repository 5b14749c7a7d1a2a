"""The routers of this service's own resources, one line each."""

from fastapi import APIRouter

routers: list[APIRouter] = []
