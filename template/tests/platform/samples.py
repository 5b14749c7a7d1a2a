"""What the platform's tests cannot make up by themselves for what a service adds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Settings, columns and requests are filled by their types; what is named here is used instead.

    An operation is named by method and path: "POST /api/v1/orders", or "WEBSOCKET /api/v1/prices".
    """

    # Settings without a default, as text; a name that ends in _SECRET needs none: {"SHOP_ID": "7"}.
    settings: Mapping[str, str] = field(default_factory=dict)
    # Values of a table's columns: {"orders": {"currency": "EUR"}}.
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # What is in the path (but for ids), the query, headers and cookies of an operation, by name.
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # Bodies, JSON or the fields of a form: {"POST /api/v1/orders": {"currency": "EUR"}}.
    bodies: Mapping[str, Any] = field(default_factory=dict)
    # Files of a form: {"PUT /api/v1/orders/{order_id}/scan": {"scan": ("a.png", b"", "image/png")}}.
    files: Mapping[str, Mapping[str, tuple[str, bytes, str]]] = field(default_factory=dict)
    # Operations that the tests do not call, each with the reason. They name their permission like
    # any other, but nothing shows that they require it.
    skipped: Mapping[str, str] = field(default_factory=dict)
