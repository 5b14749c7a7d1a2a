"""What a newer OpenAPI document takes away from clients of the older one, by operation."""

import re
from collections.abc import Iterator
from typing import Any

from scripts.openapi.schemas import SchemaComparison, resolve

Document = dict[str, Any]
Operation = dict[str, Any]
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PARAMETER = re.compile(r"\{([^}]*)\}")


def find_breaks(base: Document, head: Document) -> list[str]:
    """Returns a line for each break; an operation that was deprecated may go."""
    new = {_unnamed(key): operation for key, operation in operations(head).items()}
    found = list(_changed_schemes(base, head))
    for key, operation in operations(base).items():
        if after := new.get(_unnamed(key)):
            found += (f"{key} {text}" for text in _Pair(base, head).breaks(operation, after))
        elif not operation.get("deprecated"):
            found.append(f"{key}: removed")
    return list(dict.fromkeys(found))


def operations(document: Document) -> dict[str, Operation]:
    """Returns each operation by method and path, with the parameters and names of its path."""
    return {
        f"{method.upper()} {path}": {
            "security": document.get("security", []),
            **item[method],
            "parameters": [*item.get("parameters", ()), *item[method].get("parameters", ())],
            "names": _PARAMETER.findall(path),
        }
        for path, item in document.get("paths", {}).items()
        for method in _METHODS
        if method in item
    }


def _unnamed(key: str) -> str:
    """What a parameter of a path is called changes no request."""
    return _PARAMETER.sub("{}", key)


class _Pair:
    """Compares the operations of two documents."""

    def __init__(self, base: Document, head: Document) -> None:
        self._base, self._head = base, head
        self._sent = SchemaComparison(base, head, of_requests=True)
        self._received = SchemaComparison(base, head, of_requests=False)

    def breaks(self, old: Operation, new: Operation) -> Iterator[str]:
        yield from self._parameters(old, new)
        yield from self._body(old, new)
        for status in old.get("responses", {}):
            yield from self._response(status, old["responses"], new.get("responses", {}))
        yield from _security(old, new)

    def _parameters(self, old: Operation, new: Operation) -> Iterator[str]:
        before, after = _parameters(old, self._base), _parameters(new, self._head)
        for key, parameter in after.items():
            was_required = before.get(key, {}).get("required", False)
            if parameter.get("required") and not was_required:
                yield f"{_place(parameter)}: required"
        for key, parameter in before.items():
            place = _place(parameter)
            if key in after:
                known, taken = _schema_of(parameter), _schema_of(after[key])
                yield from self._sent.breaks(known, taken, place)
            else:
                yield f"{place}: removed"

    def _body(self, old: Operation, new: Operation) -> Iterator[str]:
        before = resolve(old.get("requestBody", {}), self._base)
        after = resolve(new.get("requestBody", {}), self._head)
        if after.get("required") and not before.get("required"):
            yield "request body: required"
        if before and not after:
            yield "request body: removed"
        elif before:
            yield from _content(before, after, self._sent, "request body")

    def _response(self, status: str, old: Operation, new: Operation) -> Iterator[str]:
        # An error may go over into what is said of all others.
        others = [] if status[0] in "123" else ["default"]
        found = (new[each] for each in [status, f"{status[0]}XX", *others] if each in new)
        before, after = resolve(old[status], self._base), next(found, None)
        where = f"response {status}"
        if after is None:
            yield f"{where}: removed"
            return
        after = resolve(after, self._head)
        yield from _content(before, after, self._received, where)
        names = {name.lower() for name in after.get("headers", {})}
        for name in before.get("headers", {}):
            if name.lower() not in names:
                yield f"{where} header {name}: removed"


def _parameters(operation: Operation, document: Document) -> dict[tuple[str, str], Operation]:
    """Returns parameters by place and name; those of a path by their order in it."""
    found = {}
    for each in operation["parameters"]:
        parameter = resolve(each, document)
        place, name = parameter["in"], parameter["name"]
        if place == "path":
            name = str(operation["names"].index(name))
        found[place, name.lower() if place == "header" else name] = parameter
    return found


def _place(parameter: Operation) -> str:
    return f"{parameter['in']} parameter {parameter['name']}"


def _schema_of(parameter: Operation) -> Operation:
    """Returns the schema, which a parameter of a media type has within that."""
    contents = parameter.get("content", {}).values()
    schema: Operation = next(iter(contents), parameter).get("schema", {})
    return schema


def _content(
    before: Operation, after: Operation, comparison: SchemaComparison, where: str
) -> Iterator[str]:
    old, new = before.get("content", {}), after.get("content", {})
    for media_type in old:
        if media_type in new:
            schema, other = (each[media_type].get("schema", {}) for each in (old, new))
            yield from comparison.breaks(schema, other, where)
        else:
            yield f"{where} {media_type}: removed"


def _security(old: Operation, new: Operation) -> Iterator[str]:
    """Every way to authenticate, or to do without, must stay one."""
    for known in old["security"] or [{}]:
        if not any(_is_enough(known, demanded) for demanded in new["security"] or [{}]):
            yield f"security: {' and '.join(known) or 'no credentials'} is no longer enough"


def _is_enough(given: dict[str, list[str]], demanded: dict[str, list[str]]) -> bool:
    return all(
        name in given and set(scopes) <= set(given[name]) for name, scopes in demanded.items()
    )


def _changed_schemes(base: Document, head: Document) -> Iterator[str]:
    """What the service takes as credentials, whose name may stay the same."""
    old, new = (each.get("components", {}).get("securitySchemes", {}) for each in (base, head))
    for name in old.keys() & new.keys():
        if any(
            old[name].get(key) != new[name].get(key) for key in ("type", "scheme", "in", "name")
        ):
            yield f"security scheme {name}: changed"
