"""Requests that operations take, made up from what the OpenAPI document says of them."""

import re
from typing import Any
from uuid import uuid4

from fastapi import FastAPI

from tests.platform.operations import Operation
from tests.samples import samples

TEXT = "a sample of sufficient length"
FILE = ("sample.txt", b"a sample", "text/plain")
BY_TYPE: dict[str, Any] = {
    "boolean": True,
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "email": "sample@example.com",
    "integer": 1,
    "number": 1,
    "uri": "https://example.com/sample",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class MadeUp:
    def __init__(self, app: FastAPI) -> None:
        self._schema = app.openapi()

    def request(self, operation: Operation, row_id: object = None) -> tuple[str, dict[str, Any]]:
        """Returns the path, with the id in place of each of its ids, and the client's arguments."""
        named = samples.parameters.get(str(operation), {})
        made: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        for each in self._described(operation).get("parameters", ()):
            if each.get("required") or each["name"] in named:
                value = named.get(each["name"], self._value(each["schema"]))
                made[each["in"]][each["name"]] = str(value)
        made["path"] |= dict.fromkeys(self.ids(operation), str(row_id or uuid4()))
        names = re.compile(r"{(\w+)[^}]*}")
        path = names.sub(lambda part: made["path"].get(part[1], "sample"), operation.path)
        by_kind = {"params": made["query"], "headers": made["header"], "cookies": made["cookie"]}
        return path, {**by_kind, **self._body(operation)}

    def _body(self, operation: Operation) -> dict[str, Any]:
        content = self._described(operation).get("requestBody", {}).get("content", {})
        for media_type, part in content.items():
            body = samples.bodies.get(str(operation), self._value(part["schema"]))
            if media_type == "application/json":
                return {"json": body}
            if media_type in FORMS:
                files = samples.files.get(str(operation), {})
                return {"data": body, "files": {**self._files(part["schema"]), **files}}
        return {}

    def ids(self, operation: Operation) -> list[str]:
        """Returns the parameters in the path that are ids: by their names, or as UUIDs."""
        described = self._described(operation).get("parameters", ())
        types = {each["name"]: each["schema"] for each in described if each["in"] == "path"}
        return [
            name
            for name in re.findall(r"{(\w+)", operation.path)
            if types.get(name, {}).get("format") == "uuid"
            or (re.search(r"(^|_)id$", name) and types.get(name, {}).get("type") != "integer")
        ]

    def _described(self, operation: Operation) -> dict[str, Any]:
        path = re.sub(r":\w+}", "}", operation.path)
        methods: dict[str, dict[str, Any]] = self._schema["paths"].get(path, {})
        return methods.get(operation.method.lower(), {})

    def _value(self, schema: dict[str, Any]) -> Any:
        """Makes up a value by its type."""
        schema = self._resolved(schema)
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        for key in ("examples", "enum"):
            if key in schema:
                return schema[key][-1]
        if schema.get("type") == "object":
            fields = schema.get("properties", {})
            return {
                name: self._value(fields[name])
                for name in schema.get("required", ())
                if not self._is_file(fields[name])
            }
        if schema.get("type") == "array":
            return [self._value(schema["items"])] * schema.get("minItems", 0)
        if schema.get("type") in ("integer", "number"):
            return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
        value = BY_TYPE.get(schema.get("format") or schema.get("type", ""), TEXT)
        return value[: schema.get("maxLength")] if value is TEXT else value

    def _files(self, schema: dict[str, Any]) -> dict[str, Any]:
        fields = self._resolved(schema).get("properties", {})
        return {name: FILE for name, field in fields.items() if self._is_file(field)}

    def _is_file(self, schema: dict[str, Any]) -> bool:
        schema = self._resolved(schema)
        schema = self._resolved(schema.get("items", schema))
        return schema.get("format") == "binary" or "contentMediaType" in schema

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Follows a reference, and takes the first of several types."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._resolved(self._schema["components"]["schemas"][name])
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema:
                return self._resolved(schema[key][0])
        return schema
