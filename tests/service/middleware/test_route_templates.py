from uuid import UUID

import pytest
from fastapi import APIRouter, FastAPI
from starlette.types import Receive, Scope, Send

from app.middleware.route_templates import RouteTemplates


async def mounted(scope: Scope, receive: Receive, send: Send) -> None: ...


@pytest.fixture(scope="module")
def templates() -> RouteTemplates:
    inner, outer, app = APIRouter(prefix="/orders"), APIRouter(), FastAPI(openapi_url=None)

    @inner.get("/export")
    async def export() -> None: ...

    @inner.delete("/{order_id}")
    async def delete(order_id: UUID) -> None: ...

    @inner.get("/{order_id}/pages/{page:int}")
    async def get_page(order_id: UUID, page: int) -> None: ...

    @inner.get("/{order_id}/weights/{weight:float}")
    async def get_weight(order_id: UUID, weight: float) -> None: ...

    outer.include_router(inner, prefix="/v1")
    app.include_router(outer, prefix="/api")
    app.mount("/static", mounted)
    return RouteTemplates(app.routes)


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("GET", "/api/v1/orders/export", "/api/v1/orders/export"),
        ("HEAD", "/api/v1/orders/export", "/api/v1/orders/export"),
        ("DELETE", "/api/v1/orders/export", "/api/v1/orders/{order_id}"),
        ("DELETE", "/api/v1/orders/7", "/api/v1/orders/{order_id}"),
        ("POST", "/api/v1/orders/7", "/api/v1/orders/{order_id}"),
        ("GET", "/api/v1/orders/7/pages/2", "/api/v1/orders/{order_id}/pages/{page:int}"),
        ("GET", "/api/v1/orders/7/weights/2.5", "/api/v1/orders/{order_id}/weights/{weight:float}"),
        ("GET", "/api/v1/orders/7/pages/x", None),
        ("GET", "/api/v1/orders", None),
        ("GET", "/static/a/b", "/static"),
        ("GET", "/", None),
    ],
)
def test_the_template_of_a_path_is_found(
    templates: RouteTemplates, method: str, path: str, template: str | None
) -> None:
    assert templates.find(method, path) == template


def test_without_a_route_there_is_none() -> None:
    assert RouteTemplates([]).find("GET", "/") is None
