"""Problem details (RFC 9457): the one form of every error, wherever it arises."""

from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse

from app.core.context import request_id
from app.core.errors import AppError
from app.schemas.problem import FieldProblem, Problem

MEDIA_TYPE = "application/problem+json"


def problem_response(
    *,
    status: int,
    title: str,
    code: str,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    problem = Problem(
        type="about:blank",
        title=title,
        status=status,
        code=code,
        detail=detail,
        request_id=request_id.get(),
        errors=list(errors),
    )
    return JSONResponse(
        problem.model_dump(), status_code=status, headers=headers, media_type=MEDIA_TYPE
    )


def error_response(error: AppError) -> JSONResponse:
    return problem_response(
        status=error.status,
        title=error.title,
        code=error.code,
        detail=str(error) or error.title,
        headers=error.headers,
    )
