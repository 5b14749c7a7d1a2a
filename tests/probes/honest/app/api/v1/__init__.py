from fastapi import APIRouter

from app.api.v1 import honest

routers: list[APIRouter] = [
    honest.router,
]
