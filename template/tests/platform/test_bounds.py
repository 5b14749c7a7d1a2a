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
MODELS = {"model", "typed-dict", "dataclass"}
OTHERS = {"metadata", "serialization", "definitions", "config"}


def unbounded(app: FastAPI) -> list[str]:
    """Names the fields of bodies that a client may make as long as the body."""
    return [
        f"{', '.join(route.methods or ())} {route.path}: {name}: {REMEDY}"
        for route in iter_route_contexts(app.routes)
        for body in _bodies(getattr(route, "dependant", None))
        for name in _find(_schema(body), body.name, {})
    ]


def _bodies(dependant: Dependant | None) -> Iterator[ModelField]:
    if dependant is not None:
        yield from dependant.body_params
        for each in dependant.dependencies:
            yield from _bodies(each)


def _schema(body: ModelField) -> Any:
    kind: Any = Annotated[body.field_info.annotation, body.field_info]
    return TypeAdapter(kind).core_schema


def _find(part: Any, name: str, refs: dict[str, Any], *, bounded: bool = False) -> Iterator[str]:
    """Goes through a schema of pydantic-core, and into each definition once."""
    if isinstance(part, list):
        for each in part:
            yield from _find(each, name, refs, bounded=bounded)
    if not isinstance(part, dict):
        return
    refs = refs | {each["ref"]: each for each in part.get("definitions", ())}
    kind = part.get("type")
    if kind == "definition-ref":
        rest = dict(refs)
        yield from _find(rest.pop(part["schema_ref"], None), name, rest)
    if kind in MODELS:
        bounded = bool(part.get("config", {}).get("str_max_length"))
    if "max_length" not in part and (kind in LISTS or (kind in TEXTS and not bounded)):
        yield name
    for key, child in part.items():
        if key == "fields" and isinstance(child, dict):
            for field, inner in child.items():
                yield from _find(inner, f"{name}.{field}", refs, bounded=bounded)
        elif key not in OTHERS:
            yield from _find(child, name, refs, bounded=bounded)


def test_every_text_and_list_of_a_body_has_a_length(app: FastAPI) -> None:
    assert unbounded(app) == []
