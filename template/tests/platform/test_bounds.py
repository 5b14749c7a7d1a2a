"""Every text and every list in a body has a length that is checked before any work on it."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import FastAPI
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter

REMEDY = "inherit from Schema (app/schemas/base.py), and give lists and dicts Field(max_length=...)"
TEXTS = {"str", "bytes", "url"}
LISTS = {"list", "set", "frozenset", "dict", "generator"}


def unbounded(app: FastAPI) -> list[str]:
    """Names the fields of bodies that a client may make as long as the body."""
    return [
        f"{', '.join(route.methods or ())} {route.path}: {field}: {REMEDY}"
        for route in iter_route_contexts(app.routes)
        for body in _bodies(getattr(route, "dependant", None))
        for field in _find(body)
    ]


def _bodies(dependant: Dependant | None) -> Iterator[ModelField]:
    if dependant is not None:
        yield from dependant.body_params
        for each in dependant.dependencies:
            yield from _bodies(each)


def _find(body: ModelField) -> Iterator[str]:
    kind: Any = Annotated[body.field_info.annotation, body.field_info]
    schema = TypeAdapter(kind).core_schema
    return _walk(schema, body.name, bounded=False, seen=set(), refs=_refs(schema))


def _refs(schema: Any) -> dict[str, Any]:
    parts = schema.get("definitions", ()) if isinstance(schema, dict) else ()
    return {part["ref"]: part for part in parts}


def _walk(
    part: Any, name: str, *, bounded: bool, seen: set[str], refs: dict[str, Any]
) -> Iterator[str]:
    if not isinstance(part, dict):
        return
    kind = part.get("type")
    if kind == "definition-ref" and part["schema_ref"] not in seen:
        reached = refs.get(part["schema_ref"])
        yield from _walk(reached, name, bounded=False, seen={*seen, part["schema_ref"]}, refs=refs)
    if kind in {"model", "typed-dict", "dataclass"}:
        bounded = bool(part.get("config", {}).get("str_max_length"))
    if "max_length" not in part and (kind in LISTS or (kind in TEXTS and not bounded)):
        yield name
    for key, child in part.items():
        if key in {"metadata", "serialization", "definitions", "config"}:
            continue
        if key == "fields" and isinstance(child, dict):
            inside = [(f"{name}.{field}", inner) for field, inner in child.items()]
        else:
            inside = [(name, each) for each in (child if isinstance(child, list) else [child])]
        for inner_name, inner in inside:
            yield from _walk(inner, inner_name, bounded=bounded, seen=seen, refs=refs)


def test_every_text_and_list_of_a_body_has_a_length(app: FastAPI) -> None:
    assert unbounded(app) == []
