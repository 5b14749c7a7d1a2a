"""Which values one JSON schema allows and another does not, for the schemas of OpenAPI 3.1.

What clients send must stay allowed: the schema of a request may grow wider. What they receive must
stay what they know: the schema of a response may grow narrower.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
_ANYTHING: Schema = {}
_NOTHING: Schema = {"not": {}}
_UPPER_BOUNDS = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
_LOWER_BOUNDS = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_STRUCTURE = {"type", "enum", "const", "properties", "required", "additionalProperties", "items"}
# These allow and forbid nothing.
_NOTES = {
    *("title", "description", "default", "example", "examples", "deprecated", "readOnly"),
    *("writeOnly", "externalDocs", "xml", "discriminator", "$comment"),
}


class SchemaComparison:
    """Compares schemas of two documents, both of requests or both of responses."""

    def __init__(self, base: Schema, head: Schema, *, of_requests: bool) -> None:
        self._base, self._head, self._of_requests = base, head, of_requests
        self._open: set[tuple[int, int]] = set()

    def breaks(self, base: Schema | bool, head: Schema | bool, where: str) -> Iterator[str]:
        """Yields what is no longer allowed in requests, or newly allowed in responses."""
        pair = (id(base), id(head))
        if pair in self._open:
            return  # a schema that contains itself
        self._open.add(pair)
        old, new = _alternatives(base, self._base), _alternatives(head, self._head)
        narrow, wide = (old, new) if self._of_requests else (new, old)
        for each in narrow:
            yield from self._fit(each, wide, where)
        self._open.remove(pair)

    def _fit(self, narrow: Schema, options: list[Schema], where: str) -> Iterator[str]:
        """Compares with the alternative that comes closest."""
        of_type = [option for option in options if _has_type(narrow, option)]
        if of_type:
            yield from min((list(self._gaps(narrow, each, where)) for each in of_type), key=len)
        else:
            yield self._text(where, f"type {narrow.get('type', 'any')}")

    def _gaps(self, narrow: Schema, wide: Schema, where: str) -> Iterator[str]:
        yield from self._values(narrow, wide, where)
        for keyword in sorted(wide.keys() - _STRUCTURE - _NOTES):
            if not keyword.startswith("x-") and _exceeds(keyword, narrow, wide):
                old, new = (narrow, wide) if self._of_requests else (wide, narrow)
                yield f"{where}: {keyword} changes from {old.get(keyword)} to {new.get(keyword)}"
        yield from self._properties(narrow, wide, where)
        yield from self._further_properties(narrow, wide, where)
        if "items" in wide:
            yield from self._inside(narrow.get("items", _ANYTHING), wide["items"], f"{where}[]")

    def _inside(self, narrow: Schema | bool, wide: Schema | bool, where: str) -> Iterator[str]:
        base, head = (narrow, wide) if self._of_requests else (wide, narrow)
        yield from self.breaks(base, head, where)

    def _values(self, narrow: Schema, wide: Schema, where: str) -> Iterator[str]:
        known, given = _values_of(wide), _values_of(narrow)
        if known is not None and given is None:
            yield self._text(where, f"values other than {known}")
        for value in given or ():
            if known is not None and value not in known:
                yield self._text(where, f"value {value!r}")

    def _properties(self, narrow: Schema, wide: Schema, where: str) -> Iterator[str]:
        in_narrow, in_wide = narrow.get("properties", {}), wide.get("properties", {})
        old, new = (in_narrow, in_wide) if self._of_requests else (in_wide, in_narrow)
        for name in old:
            if name not in new:
                yield f"{where}.{name}: removed"
            else:
                yield from self._inside(in_narrow[name], in_wide[name], f"{where}.{name}")
        demanded = [
            name for name in wide.get("required", ()) if name not in narrow.get("required", ())
        ]
        for name in demanded:
            if name in new or name not in old:
                yield f"{where}.{name}: " + ("required" if self._of_requests else "not always sent")

    def _further_properties(self, narrow: Schema, wide: Schema, where: str) -> Iterator[str]:
        given = narrow.get("additionalProperties", _ANYTHING)
        known = wide.get("additionalProperties", _ANYTHING)
        if given is False:
            return
        if known is not False:
            yield from self._inside(given, known, f"{where}.*")
        elif self._of_requests:
            # Clients ignore what they do not know, so that in responses this is no break.
            yield f"{where}: properties of other names are refused"

    def _text(self, where: str, what: str) -> str:
        return f"{where}: {what} " + ("is no longer allowed" if self._of_requests else "is new")


def resolve(schema: Schema, document: Schema) -> Schema:
    """Follows references within the document."""
    while reference := schema.get("$ref"):
        schema = document
        for name in reference.removeprefix("#/").split("/"):
            schema = schema[name.replace("~1", "/").replace("~0", "~")]
    return schema


def _alternatives(schema: Schema | bool, document: Schema) -> list[Schema]:
    """Returns schemas without references and combinations: a value matches one of them."""
    flat = _flatten(schema, document)
    for combination in ("anyOf", "oneOf"):
        if options := flat.pop(combination, None):
            return [
                alternative
                for option in options
                for alternative in _alternatives({"allOf": [flat, option]}, document)
            ]
    types = flat.get("type")
    return [{**flat, "type": each} for each in types] if isinstance(types, list) else [flat]


def _flatten(schema: Schema | bool, document: Schema) -> Schema:
    """Merges a schema with what it refers to, and with all that have to hold at once."""
    if isinstance(schema, bool):
        return _ANYTHING if schema else _NOTHING
    parts = [*schema.get("allOf", ())]
    if "$ref" in schema:
        parts.append(resolve({"$ref": schema["$ref"]}, document))
    flat = {key: value for key, value in schema.items() if key not in {"$ref", "allOf"}}
    for part in parts:
        other = _flatten(part, document)
        merged = {
            "properties": flat.get("properties", {}) | other.get("properties", {}),
            "required": [*flat.get("required", ()), *other.get("required", ())],
        }
        flat = {**flat, **other, **{key: value for key, value in merged.items() if value}}
    return flat


def _has_type(narrow: Schema, wide: Schema) -> bool:
    given, known = narrow.get("type"), wide.get("type")
    return known in {None, given} or (given, known) == ("integer", "number")


def _values_of(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _exceeds(keyword: str, narrow: Schema, wide: Schema) -> bool:
    """Whether the narrow schema allows what the keyword of the wide one forbids."""
    given, limit = narrow.get(keyword), wide[keyword]
    if keyword in _UPPER_BOUNDS:
        return given is None or given > limit
    if keyword in _LOWER_BOUNDS:
        return given is None or given < limit
    return bool(given != limit)
