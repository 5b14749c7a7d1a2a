"""Turns every error that reaches a client into its response."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.api.database_errors import handle_database_error
from app.core.errors import (
    AppError,
    BadRequestError,
    ConflictError,
    OAuthError,
    RetryLaterError,
    UnsupportedMediaTypeError,
)
from app.core.http.pagination import WrongPositionError
from app.middleware.catch_all import log_unhandled
from app.middleware.problems import error_response, problem_response
from app.middleware.route_table import route_template
from app.schemas.problem import FieldProblem

# Python 3.13 took over the names of RFC 9110; a code is the same under every Python.
_RENAMED = {
    413: "content_too_large",
    414: "uri_too_long",
    416: "range_not_satisfiable",
    422: "unprocessable_content",
}

# As many as help a person; a body may have as many wrong values as bytes.
MAX_FIELD_PROBLEMS = 20
# A location has names of our own and keys of the client, who may write anything there.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


async def handle_app_error(request: Request, exc: Exception) -> Response:
    error = cast("AppError", exc)
    if error.status >= 500 and not isinstance(error, RetryLaterError):
        log_unhandled(request.scope, error)
    return error_response(error)


async def handle_oauth_error(_: Request, exc: Exception) -> Response:
    """RFC 6749, section 5.2: clients of the token endpoint read this form and no other."""
    error = cast("OAuthError", exc)
    return JSONResponse(
        {"error": error.error, "error_description": str(error)}, status_code=error.status
    )


async def handle_http_exception(request: Request, exc: Exception) -> Response:
    """What the framework raises itself: 404, 405 and their like."""
    error = cast("HTTPException", exc)
    code = _code_of(error.status_code)
    title = code.replace("_", " ").capitalize()
    allow = {"Allow": ", ".join(_methods_of(request))} if error.status_code == 405 else {}
    return problem_response(
        status=error.status_code,
        title=title,
        code=code,
        detail=error.detail if isinstance(error.detail, str) else title,
        headers={**(error.headers or {}), **allow},
    )


async def handle_validation_error(_: Request, exc: Exception) -> Response:
    """A body of the wrong kind, or values of the wrong shape. Names are repeated, values never."""
    error = cast("RequestValidationError", exc)
    problems = error.errors()
    # The framework hands on the bytes of what is not sent as JSON.
    if isinstance(error.body, bytes) and any(each["loc"] == ("body",) for each in problems):
        return error_response(UnsupportedMediaTypeError("Send the body as application/json"))
    return problem_response(
        status=422,
        title="Unprocessable content",
        code="validation_failed",
        detail="The request has values that are not allowed",
        errors=list(_fields(islice(problems, MAX_FIELD_PROBLEMS))),
    )


def _code_of(status: int) -> str:
    if status in _RENAMED:
        return _RENAMED[status]
    try:
        return HTTPStatus(status).name.lower()
    except ValueError:
        return f"http_{status}"


def _methods_of(request: Request) -> list[str]:
    """Returns every method of the path; the framework names those of its first route alone."""
    template = route_template(request.scope)
    found = [route for route in iter_route_contexts(request.app.routes) if route.path == template]
    methods = {method for route in found for method in route.methods or ()}
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _fields(errors: Iterable[Any]) -> Iterable[FieldProblem]:
    for error in errors:
        parts = (str(part) for part in error["loc"])
        location = ".".join(part for part in parts if _NAME.fullmatch(part))
        yield FieldProblem.model_construct(
            location=location, code=error["type"], detail=error["msg"]
        )


def add_error_handlers(app: FastAPI, errors: Mapping[type[Exception], type[AppError]]) -> None:
    """Registers the handlers; `errors` maps errors of the team's libraries to problems."""
    app.add_exception_handler(AppError, handle_app_error)
    app.add_exception_handler(OAuthError, handle_oauth_error)
    app.add_exception_handler(HTTPException, handle_http_exception)
    app.add_exception_handler(RequestValidationError, handle_validation_error)
    app.add_exception_handler(SQLAlchemyError, handle_database_error)
    # Somebody changed or deleted the row between its reading and its writing.
    app.add_exception_handler(StaleDataError, _translate_to(ConflictError))
    app.add_exception_handler(
        WrongPositionError,
        _translate_to(BadRequestError, "This cursor is of another order: begin without one"),
    )
    for error, problem in errors.items():
        app.add_exception_handler(error, _translate_to(problem))


def _translate_to(
    problem: type[AppError], detail: str = ""
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(_: Request, exc: Exception) -> Response:
        return error_response(problem(detail))

    return handle
