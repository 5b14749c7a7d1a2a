"""Changes of the service's own OpenAPI document: which of them break a client."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from fastapi import FastAPI

from scripts.openapi.operations import find_breaks
from scripts.openapi.schemas import SchemaComparison

Document = dict[str, Any]
Keys = tuple[str | int, ...]
REMOVED = object()
SCHEMAS: Keys = ("components", "schemas")
CREATE: Keys = ("paths", "/api/v1/tenants", "post")
RENAME: Keys = ("paths", "/api/v1/auth/me", "patch")
LIST: Keys = ("paths", "/api/v1/tenants", "get")
TOKEN: Keys = ("paths", "/api/v1/auth/token", "post")
MEMBER = "/api/v1/tenant/members/{user_id}"
LIMIT: Keys = (*LIST, "parameters", 0)
TEXT = {"type": "string"}


def no_change(document: Document) -> None: ...


def change(*steps: tuple[Keys, Any]) -> Callable[[Document], None]:
    """Makes a change that sets values, or removes them, one after the other."""

    def apply(document: Document) -> None:
        for (*keys, last), value in steps:
            place: Any = document
            for key in keys:
                place = place[key]
            if value is REMOVED:
                del place[last]
            else:
                place[last] = value(place[last]) if callable(value) else value

    return apply


def of_schema(*keys: str | int, value: Any) -> Callable[[Document], None]:
    return change(((*SCHEMAS, *keys), value))


def without(name: str) -> Callable[[list[str]], list[str]]:
    return lambda names: [each for each in names if each != name]


def and_also(value: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda values: [*values, value]


def nullable(schema: Document) -> Document:
    return {"anyOf": [schema, {"type": "null"}]}


def move_limit_to_header(document: Document) -> None:
    document["paths"]["/api/v1/tenants"]["get"]["parameters"][0] |= {"in": "header"}


def nest(document: Document) -> None:
    """A schema that contains itself, in requests and in responses."""
    for name in ("TenantWrite", "TenantRead"):
        node = {"anyOf": [{"$ref": f"#/components/schemas/{name}"}, {"type": "null"}]}
        document["components"]["schemas"][name]["properties"]["parent"] = node


def inline(document: Document) -> None:
    schema = document["components"]["schemas"]["MeUpdate"]
    content = document["paths"]["/api/v1/auth/me"]["patch"]["requestBody"]["content"]
    content["application/json"]["schema"] = {"allOf": [deepcopy(schema)]}


def rename_path_parameter(document: Document) -> None:
    item = document["paths"].pop(MEMBER)
    document["paths"][MEMBER.replace("user_id", "id")] = item
    for operation in item.values():
        operation["parameters"][0]["name"] = "id"


BREAKING: dict[str, tuple[Callable[[Document], None], str]] = {
    "a path goes": (
        change((("paths", "/api/v1/users"), REMOVED)),
        "GET /api/v1/users: removed",
    ),
    "a method goes": (change((CREATE, REMOVED)), "POST /api/v1/tenants: removed"),
    "a property of a response goes": (
        of_schema("MeRead", "properties", "name", value=REMOVED),
        "GET /api/v1/auth/me response 200.name: removed",
    ),
    "a property in a list goes": (
        of_schema("MyTenantRead", "properties", "role", value=REMOVED),
        "GET /api/v1/tenants response 200.items[].role: removed",
    ),
    "a property becomes optional in a response": (
        of_schema("TenantRead", "required", value=without("name")),
        "POST /api/v1/tenants response 201.name: not always sent",
    ),
    "a property of a response may be null": (
        of_schema("TenantRead", "properties", "created_at", value=nullable),
        "POST /api/v1/tenants response 201.created_at: type null is new",
    ),
    "a property of a response changes its type": (
        of_schema("TokenRead", "properties", "expires_in", "type", value="string"),
        "POST /api/v1/auth/token response 200.expires_in: type string is new",
    ),
    "integers become numbers in a response": (
        of_schema("TokenRead", "properties", "expires_in", "type", value="number"),
        "POST /api/v1/auth/token response 200.expires_in: type number is new",
    ),
    "a property of a response loses its format": (
        of_schema("TenantRead", "properties", "id", "format", value=REMOVED),
        "POST /api/v1/tenants response 201.id: format changes from uuid to None",
    ),
    "a text of a response becomes longer": (
        of_schema("TenantRead", "properties", "name", "maxLength", value=20_000),
        "POST /api/v1/tenants response 201.name: maxLength changes from 10000 to 20000",
    ),
    "a list becomes an object": (
        of_schema("Page_MyTenantRead_", "properties", "items", "type", value="object"),
        "GET /api/v1/tenants response 200.items: type object is new",
    ),
    "a response may have another value": (
        of_schema("Role", "enum", value=and_also("guest")),
        "GET /api/v1/tenants response 200.items[].role: value 'guest' is new",
    ),
    "a request may not have a value": (
        of_schema("Role", "enum", value=without("viewer")),
        f"PATCH {MEMBER} request body.role: value 'viewer' is no longer allowed",
    ),
    "a constant changes": (
        of_schema("TokenRead", "properties", "token_type", "const", value="DPoP"),
        "POST /api/v1/auth/token response 200.token_type: value 'DPoP' is new",
    ),
    "a property of a request is demanded": (
        change(
            ((*SCHEMAS, "TenantWrite", "properties", "plan"), TEXT),
            ((*SCHEMAS, "TenantWrite", "required"), and_also("plan")),
        ),
        "POST /api/v1/tenants request body.plan: required",
    ),
    "an optional property is demanded": (
        of_schema("InvitationAcceptance", "required", value=and_also("password")),
        "POST /api/v1/invitations/accept request body.password: required",
    ),
    "a property of a request goes": (
        of_schema("TokenRequest", "properties", "tenant", value=REMOVED),
        "POST /api/v1/auth/token request body.tenant: removed",
    ),
    "null is no longer taken": (
        of_schema("InvitationAcceptance", "properties", "password", value=TEXT),
        "POST /api/v1/invitations/accept request body.password: type null is no longer allowed",
    ),
    "a text of a request becomes shorter": (
        of_schema("MeUpdate", "properties", "name", "maxLength", value=50),
        "PATCH /api/v1/auth/me request body.name: maxLength changes from 100 to 50",
    ),
    "a text of a request gets a pattern": (
        of_schema("MeUpdate", "properties", "name", "pattern", value="^[a-z]+$"),
        "PATCH /api/v1/auth/me request body.name: pattern changes from None to ^[a-z]+$",
    ),
    "a request takes fewer types": (
        of_schema("MeUpdate", "properties", "name", value={"type": "integer"}),
        "PATCH /api/v1/auth/me request body.name: type string is no longer allowed",
    ),
    "other properties are refused": (
        of_schema("TokenRequest", "additionalProperties", value=False),
        "POST /api/v1/auth/token request body: properties of other names are refused",
    ),
    "a parameter is demanded": (
        change((LIMIT, lambda parameter: {**parameter, "required": True})),
        "GET /api/v1/tenants query parameter limit: required",
    ),
    "a new parameter is demanded": (
        change(((*LIST, "parameters"), and_also({"name": "x", "in": "query", "required": True}))),
        "GET /api/v1/tenants query parameter x: required",
    ),
    "a parameter goes": (
        change(((*LIST, "parameters"), lambda parameters: parameters[1:])),
        "GET /api/v1/tenants query parameter limit: removed",
    ),
    "a parameter moves": (
        move_limit_to_header,
        "GET /api/v1/tenants query parameter limit: removed",
    ),
    "a parameter is limited": (
        change(((*LIMIT, "schema", "maximum"), 50)),
        "GET /api/v1/tenants query parameter limit: maximum changes from 100 to 50",
    ),
    "a path parameter changes its type": (
        change((("paths", MEMBER, "delete", "parameters", 0, "schema"), {"type": "integer"})),
        f"DELETE {MEMBER} path parameter user_id: type string is no longer allowed",
    ),
    "a body is demanded": (
        change((("paths", "/api/v1/auth/logout-all", "post", "requestBody"), {"required": True})),
        "POST /api/v1/auth/logout-all request body: required",
    ),
    "a media type of a request goes": (
        change(((*RENAME, "requestBody", "content"), {"text/plain": {"schema": TEXT}})),
        "PATCH /api/v1/auth/me request body application/json: removed",
    ),
    "a status goes": (
        change(((*CREATE, "responses", "202"), {}), ((*CREATE, "responses", "201"), REMOVED)),
        "POST /api/v1/tenants response 201: removed",
    ),
    "an error goes over into another form": (
        change(((*TOKEN, "responses", "400"), REMOVED)),
        "POST /api/v1/auth/token response 400 application/json: removed",
    ),
    "a property of an error goes": (
        of_schema("Problem", "properties", "code", value=REMOVED),
        "GET /api/v1/tenants response default.code: removed",
    ),
    "a header of a response goes": (
        change(((*CREATE, "responses", "201", "headers"), {})),
        "POST /api/v1/tenants response 201 header ETag: removed",
    ),
    "credentials are demanded": (
        change(((*TOKEN, "security"), [{"AccessToken": []}])),
        "POST /api/v1/auth/token security: no credentials is no longer enough",
    ),
    "a scope is demanded": (
        change(((*LIST, "security"), [{"AccessToken": ["tenants"]}])),
        "GET /api/v1/tenants security: AccessToken is no longer enough",
    ),
    "credentials go elsewhere": (
        change((("components", "securitySchemes", "AccessToken", "type"), "apiKey")),
        "security scheme AccessToken: changed",
    ),
}
HARMLESS: dict[str, Callable[[Document], None]] = {
    "nothing changes": no_change,
    "a path is added": change((("paths", "/api/v1/made-up-orders"), {"get": {"responses": {}}})),
    "a method is added": change(((*CREATE[:2], "put"), {"responses": {"204": {}}})),
    "a text changes": of_schema("MeRead", "description", value="Who is signed in."),
    "an operation is deprecated": change(((*CREATE, "deprecated"), True)),
    "a response says more": of_schema("MeRead", "properties", "plan", value=TEXT),
    "a response always says more": change(
        ((*SCHEMAS, "MeRead", "properties", "plan"), TEXT),
        ((*SCHEMAS, "MeRead", "required"), and_also("plan")),
    ),
    "a response has fewer values": of_schema(
        "TenantRead", "properties", "name", "enum", value=["Acme"]
    ),
    "a text of a response is bounded": of_schema(
        "TokenRead", "properties", "access_token", "maxLength", value=4096
    ),
    "a property of a response is never null": of_schema(
        "MeRead", "properties", "tenant_id", value={"type": "string", "format": "uuid"}
    ),
    "a request may say more": of_schema("TenantWrite", "properties", "plan", value=TEXT),
    "a property is no longer demanded": of_schema("TenantWrite", "required", value=[]),
    "a request may be null": of_schema("TenantWrite", "properties", "name", value=nullable),
    "a text of a request may be longer": of_schema(
        "MeUpdate", "properties", "name", "maxLength", value=200
    ),
    "other properties are taken": of_schema("MeUpdate", "additionalProperties", value=True),
    "a parameter is added": change(((*LIST, "parameters"), and_also({"name": "x", "in": "query"}))),
    "a parameter takes more": change(((*LIMIT, "schema"), {"type": "number", "maximum": 200})),
    "a path parameter is renamed": rename_path_parameter,
    "a body becomes optional": change(((*RENAME, "requestBody", "required"), False)),
    "a media type is added": change(
        ((*RENAME, "requestBody", "content", "text/plain"), {"schema": TEXT})
    ),
    "a status is added": change(((*CREATE, "responses", "202"), {})),
    "a header is added": change(((*LIST, "responses", "200", "headers", "Age"), {"schema": TEXT})),
    "credentials are no longer demanded": change(((*LIST, "security"), [])),
    "another way to authenticate": change(
        ((*LIST, "security"), and_also({"ApiKey": []})),
        (("components", "securitySchemes", "ApiKey"), {"type": "apiKey"}),
    ),
    "a schema is written in place": inline,
    "a type is written as a list": of_schema(
        "MeRead", "properties", "tenant_id", value={"type": ["string", "null"], "format": "uuid"}
    ),
    "a schema contains itself": nest,
}


@pytest.fixture(scope="session")
def described(app: FastAPI) -> Document:
    return app.openapi()


def breaks(described: Document, apply: Callable[[Document], None]) -> list[str]:
    changed = deepcopy(described)
    apply(changed)
    return find_breaks(described, changed)


@pytest.mark.parametrize("name", BREAKING)
def test_a_break_is_named_by_its_place(described: Document, name: str) -> None:
    apply, line = BREAKING[name]

    assert line in breaks(described, apply)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_breaks_no_client_passes(described: Document, name: str) -> None:
    assert breaks(described, HARMLESS[name]) == []


def test_an_operation_that_was_deprecated_may_go(described: Document) -> None:
    deprecated = deepcopy(described)
    change(((*CREATE, "deprecated"), True))(deprecated)

    assert breaks(deprecated, change((CREATE, REMOVED))) == []


def test_a_break_in_a_schema_that_contains_itself_is_found(described: Document) -> None:
    nested = deepcopy(described)
    nest(nested)

    remove = of_schema("TenantRead", "properties", "created_at", value=REMOVED)
    assert "POST /api/v1/tenants response 201.created_at: removed" in breaks(nested, remove)


CAT = {
    "type": "object",
    "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
    "required": ["kind"],
}
DOG = {**CAT, "properties": {"kind": {"const": "dog"}, "lives": {"type": "integer"}}}
PARTS = {"allOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}, "required": ["b"]}]}
# A wider schema, a narrower one, and what is said where requests change from one to the other.
UNIONS: dict[str, tuple[Document, Document, str]] = {
    "a kind goes": ({"oneOf": [CAT, DOG]}, CAT, "x.kind: value 'dog' is no longer allowed"),
    "a part demands more": (
        {"type": "object", "properties": {"a": TEXT, "b": TEXT}},
        {"type": "object", **PARTS},
        "x.b: required",
    ),
    "a map takes other values": (
        {"type": "object", "additionalProperties": {"type": "number"}},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        "x.*: type number is no longer allowed",
    ),
    "a list takes other members": (
        {"type": "array", "items": {"type": ["string", "integer"]}},
        {"type": "array", "items": TEXT},
        "x[]: type integer is no longer allowed",
    ),
    "a text is bounded": (TEXT, {**TEXT, "maxLength": 5}, "x: maxLength changes from None to 5"),
    "a list is bounded": (
        {"type": "array"},
        {"type": "array", "minItems": 1},
        "x: minItems changes from None to 1",
    ),
    "anything becomes something": ({}, TEXT, "x: type any is no longer allowed"),
    "texts become a choice": (
        TEXT,
        {"type": "string", "enum": ["a"]},
        "x: values other than ['a'] is no longer allowed",
    ),
    "a keyword that is not known": (TEXT, {**TEXT, "if": {}}, "x: if changes from None to {}"),
}


@pytest.mark.parametrize("name", UNIONS)
def test_a_schema_may_grow_in_requests_and_shrink_in_responses(name: str) -> None:
    wide, narrow, said = UNIONS[name]
    requests, responses = (SchemaComparison({}, {}, of_requests=each) for each in (True, False))

    assert list(requests.breaks(wide, narrow, "x")) == [said]
    assert list(requests.breaks(narrow, wide, "x")) == []
    assert list(responses.breaks(narrow, wide, "x"))
    assert list(responses.breaks(wide, narrow, "x")) == []
