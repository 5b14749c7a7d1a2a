"""The errors that reach a client. Their message is shown, so it holds no secret and no SQL."""

from collections.abc import Mapping
from math import ceil
from typing import ClassVar


class AppError(Exception):
    """Ends the request with a problem (RFC 9457) of this status, title and code."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal server error"
    code: ClassVar[str] = "internal_error"
    headers: Mapping[str, str] = {}


class BadRequestError(AppError):
    status = 400
    title = "Bad request"
    code = "bad_request"


class UnauthorizedError(AppError):
    """No caller is known. RFC 6750 requires the header."""

    status = 401
    title = "Unauthorized"
    code = "unauthorized"
    headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}


class ForbiddenError(AppError):
    status = 403
    title = "Forbidden"
    code = "forbidden"


class NotFoundError(AppError):
    status = 404
    title = "Not found"
    code = "not_found"


class ConflictError(AppError):
    status = 409
    title = "Conflict"
    code = "conflict"


class PreconditionFailedError(AppError):
    status = 412
    title = "Precondition failed"
    code = "precondition_failed"


class PreconditionRequiredError(AppError):
    """The client has to say what it has seen (RFC 6585)."""

    status = 428
    title = "Precondition required"
    code = "precondition_required"


class UnsupportedMediaTypeError(AppError):
    status = 415
    title = "Unsupported media type"
    code = "unsupported_media_type"


class UnprocessableError(AppError):
    """The request is well formed, and its values, or a rule, forbid it."""

    status = 422
    title = "Unprocessable content"
    code = "unprocessable_content"


class RetryLaterError(AppError):
    """The same request may succeed later; `retry_after` is in seconds."""

    def __init__(self, message: str = "", *, retry_after: float = 1) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(max(1, ceil(retry_after)))}


class TooManyRequestsError(RetryLaterError):
    status = 429
    title = "Too many requests"
    code = "too_many_requests"


class ServiceUnavailableError(RetryLaterError):
    status = 503
    title = "Service unavailable"
    code = "service_unavailable"


class OAuthError(Exception):
    """A refusal of the token endpoint, in the form of RFC 6749, section 5.2."""

    status = 400

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


class DegradedError(Exception):
    """What a readiness check raises for something that works in part."""
