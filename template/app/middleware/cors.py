from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from app.middleware.problems import problem_response

_FRAMING = ("content-length", "content-type")


class ProblemCORSMiddleware(CORSMiddleware):
    """Starlette's, with its refusals as problems. Credentials are never allowed."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        return problem_response(
            status=response.status_code,
            title="Bad request",
            code="cross_origin_refused",
            detail=bytes(response.body).decode(),
            headers={k: v for k, v in response.headers.items() if k not in _FRAMING},
        )
