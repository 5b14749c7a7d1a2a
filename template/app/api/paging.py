"""How routes cut lists into pages: every list has a limit and a cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request, Response

from app.api.rows import as_dicts
from app.api.state import get_state
from app.core.http.pagination import DEFAULT_LIMIT, MAX_CURSOR, MAX_LIMIT, Cursors, Position


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The page that a client requests."""

    request: Request
    response: Response
    after: str | None
    limit: int

    @property
    def query(self) -> dict[str, Any]:
        """The arguments of a list: one row more than the page has tells whether another follows.

        Raises:
            BadRequestError: for a cursor of another list, tenant, filter or order, and an unknown one.
        """
        after = self._cursors.read(self.after, self._place) if self.after else None
        return {"after": after, "limit": self.limit + 1}

    def cut(
        self, rows: Sequence[Any], *, sorted_by: str = "created_at", row_id: str = "id"
    ) -> dict[str, Any]:
        """Returns the page, and the cursor of the next one, None at the end.

        Names the next page in the `Link` header as well (RFC 8288). `sorted_by` and `row_id` are the
        attributes of a row that the list is in the order of.
        """
        page = rows[: self.limit]
        if len(rows) <= self.limit:
            return {"items": self._as_items(page), "next": None}
        last = Position(getattr(page[-1], sorted_by), getattr(page[-1], row_id))
        cursor = self._cursors.write(last, self._place)
        self.response.headers.append("Link", f'<{self._next(cursor)}>; rel="next"')
        return {"items": self._as_items(page), "next": cursor}

    def _as_items(self, rows: Sequence[Any]) -> Sequence[Any]:
        return as_dicts(rows, self.request.scope["route"].response_model)

    @property
    def _cursors(self) -> Cursors:
        return get_state(self.request)["cursors"]

    @property
    def _place(self) -> str:
        """Whose list it is, which one, and in what order: whatever else the query says.

        The principal is known by now: the route's own dependencies come before its first line.
        """
        principal = get_state(self.request).get("principal")
        owner_id = principal and (principal.tenant_id or principal.id)
        return repr((str(owner_id), self._path, sorted(self._others())))

    @property
    def _path(self) -> str:
        # Not `request.url`, which leaves out what it takes for mistakes.
        path: str = self.request.scope["path"]
        return path

    def _others(self) -> list[tuple[str, str]]:
        items = self.request.query_params.multi_items()
        return [(name, value) for name, value in items if name not in ("after", "limit")]

    def _next(self, cursor: str) -> str:
        """Names the page relative to the host, which proxies may know by another name."""
        query = [*self._others(), ("limit", str(self.limit)), ("after", cursor)]
        return f"{quote(self._path)}?{urlencode(query)}"


async def get_page_request(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    after: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> PageRequest:
    return PageRequest(request, response, after, limit)


PageDep = Annotated[PageRequest, Depends(get_page_request)]
