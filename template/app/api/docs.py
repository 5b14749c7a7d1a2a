"""The interactive documentation, from files that the service serves itself."""

from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from app.core.errors import NotFoundError
from app.core.settings import project

router = APIRouter(prefix="/docs", include_in_schema=False)

_FILES = Path(__file__).parent.parent / "static" / "swagger-ui"
_MEDIA_TYPES = {
    "favicon-32x32.png": "image/png",
    "initialize.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}

# Swagger UI draws its icons from data: URLs; nothing else leaves the service's own policy.
_CSP = "default-src 'self'; img-src 'self' data:"

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/initialize.js"></script>
</body>
</html>
"""


@router.get("")
async def get_page() -> HTMLResponse:
    page = _PAGE.format(title=escape(project.NAME))
    return HTMLResponse(page, headers={"Content-Security-Policy": _CSP})


@router.get("/{name}")
async def get_file(name: str, request: Request) -> Response:
    if name not in _MEDIA_TYPES:
        raise NotFoundError("The documentation has no such file")
    content, etag = _read(name)
    headers = {"Cache-Control": "public, max-age=86400", "ETag": etag}
    if etag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=_MEDIA_TYPES[name])


@cache
def _read(name: str) -> tuple[bytes, str]:
    content = (_FILES / name).read_bytes()
    return content, f'"{sha256(content).hexdigest()[:32]}"'
