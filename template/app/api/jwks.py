"""The public keys of our tokens, for services that verify them themselves."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from app.api.state import get_state
from app.core.credentials.jwks import make_jwks

router = APIRouter(include_in_schema=False)


@router.get("/.well-known/jwks.json")
async def get_jwks(request: Request) -> JSONResponse:
    return JSONResponse(
        make_jwks(get_state(request)["auth_server"].codec.keys),
        headers={"Cache-Control": "public, max-age=300"},
        media_type="application/jwk-set+json",
    )
