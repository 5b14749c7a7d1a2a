from app.schemas.base import Schema


class FieldProblem(Schema):
    """What is wrong with one value of the request."""

    location: str
    code: str
    detail: str


class Problem(Schema):
    """Every error of the service (RFC 9457). `code` is stable, `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None
    errors: list[FieldProblem]
