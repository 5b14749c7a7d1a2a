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
KINDS = {"query": "params", "header": "headers", "cookie": "cookies"}


class MadeUp:
    def __init__(self, app: FastAPI) -> None:
        self._schema = app.openapi()

    def request(self, operation: Operation, row_id: object = None) -> tuple[str, dict[str, Any]]:
        """Returns the path, with the id in place of each of its ids, and the client's arguments."""
        described = self._described(operation)
        path, arguments = self._parameters(operation, described, row_id or uuid4())
        content = described.get("requestBody", {}).get("content", {})
        named = samples.bodies.get(str(operation))
        for media_type, argument in {
            "application/json": "json",
            "multipart/form-data": "data",
            "application/x-www-form-urlencoded": "data",
        }.items():
            if media_type in content:
                schema = content[media_type]["schema"]
                arguments[argument] = self._value(schema) if named is None else named
                if argument == "data":
                    named_files = samples.files.get(str(operation), {})
                    arguments["files"] = {**self._files(schema), **named_files}
        return path, arguments

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

    def _parameters(
        self, operation: Operation, described: dict[str, Any], row_id: object
    ) -> tuple[str, dict[str, Any]]:
        in_path: dict[str, Any] = {}
        arguments: dict[str, Any] = {kind: {} for kind in KINDS.values()}
        named = samples.parameters.get(str(operation), {})
        for each in described.get("parameters", ()):
            if each.get("required") or each["name"] in named:
                value = named.get(each["name"], self._value(each["schema"]))
                place = arguments.get(KINDS.get(each["in"], ""), in_path)
                place[each["name"]] = str(value)
        in_path |= dict.fromkeys(self.ids(operation), str(row_id))
        names = re.compile(r"{(\w+)[^}]*}")
        return names.sub(lambda part: in_path.get(part[1], "sample"), operation.path), arguments

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
