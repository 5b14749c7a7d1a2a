"""Problem details (RFC 9457): the one form of every error, wherever it arises."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse

from app.core.errors import AppError
from app.core.http.context import request_id
from app.schemas.problem import FieldProblem

MEDIA_TYPE = "application/problem+json"


class ProblemResponse(JSONResponse):
    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        # In ASCII: a detail may hold half a surrogate pair, which has no UTF-8.
        return json.dumps(content).encode()


def problem_response(
    *,
    status: int,
    title: str,
    code: str,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    # The fields of `Problem`. Not validated: the text of an error may be longer than a client's, or no
    # Unicode; and a flood of refusals should cost little.
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id.get(),
        "errors": [each.model_dump() for each in errors],
    }
    return ProblemResponse(problem, status_code=status, headers=headers)


def error_response(error: AppError) -> ProblemResponse:
    return problem_response(
        status=error.status,
        title=error.title,
        code=error.code,
        detail=str(error) or error.title,
        headers=error.headers,
    )
