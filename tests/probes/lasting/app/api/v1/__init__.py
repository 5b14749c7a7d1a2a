from fastapi import APIRouter

from app.api.v1 import items, lasting

routers: list[APIRouter] = [items.router, lasting.router]
