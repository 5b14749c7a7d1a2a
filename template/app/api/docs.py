"""The interactive documentation, from files that the service serves itself."""

from html import escape
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse

from app.core import project
from app.core.errors import NotFoundError

router = APIRouter(prefix="/docs", include_in_schema=False)

_FILES = Path(__file__).parent.parent / "static" / "swagger-ui"
_NAMES = {"swagger-ui.css", "swagger-ui-bundle.js", "initialize.js", "favicon-32x32.png"}

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
async def get_file(name: str) -> FileResponse:
    if name not in _NAMES:
        raise NotFoundError("The documentation has no such file")
    return FileResponse(_FILES / name, headers={"Cache-Control": "public, max-age=86400"})
