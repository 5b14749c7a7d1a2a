"""How a client says which version of a row it has seen: ETag and If-Match (RFC 9110)."""

import re
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response

from app.api.deps import StateDep
from app.core.errors import BadRequestError, PreconditionRequiredError
from app.core.http.preconditions import Precondition
from app.db.versioned import Versioned

VersionedT = TypeVar("VersionedT", bound=Versioned)

_TAG = r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"'
_TAGS = re.compile(rf"(?:[ \t]*,)*[ \t]*{_TAG}[ \t]*(?:,[ \t]*(?:{_TAG}[ \t]*)?)*")


def tagged(response: Response, row: VersionedT) -> VersionedT:
    """Names the row's version in the response, and returns the row."""
    response.headers["ETag"] = f'"{row.etag}"'
    return row


async def get_precondition(
    request: Request,
    state: StateDep,
    _: Annotated[
        str | None,
        Header(
            alias="If-Match", description="The `ETag` of what this changes; 412 if it is stale."
        ),
    ] = None,
) -> Precondition:
    """Reads `If-Match`.

    Raises:
        BadRequestError: it is no list of entity tags.
        PreconditionRequiredError: it is missing, and REQUIRE_IF_MATCH is set.
    """
    # On several lines it is one list.
    lines = request.headers.getlist("if-match")
    if not lines:
        if state["settings"].require_if_match:
            raise PreconditionRequiredError("Send the ETag of what you change as If-Match")
        return Precondition()
    if_match = ", ".join(lines)
    if if_match == "*":
        return Precondition()
    if not _TAGS.fullmatch(if_match):
        raise BadRequestError("If-Match is a list of entity tags, or *")
    # A weak tag may stand for more than one version, so it is none to rely on.
    return Precondition(frozenset(tag for weak, tag in re.findall(_TAG, if_match) if not weak))


PreconditionDep = Annotated[Precondition, Depends(get_precondition)]
