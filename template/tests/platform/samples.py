"""What the platform's tests cannot make up by themselves for what a service adds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Settings, columns and requests are filled by their types; what is named here is used instead.

    An operation is named by method and path: "POST /api/v1/orders", or "WEBSOCKET /api/v1/prices".
    """

    # Settings without a default, as the environment gives them: {"STRIPE_URL": "http://x.test"}.
    # Those whose name ends in _SECRET are made up.
    settings: Mapping[str, str] = field(default_factory=dict)

    # Values of a table's columns: {"orders": {"currency": "EUR"}}.
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    # Parameters of an operation in its path, query, headers and cookies, ids in the path excepted:
    # {"GET /api/v1/orders/{order_id}/price": {"currency": "EUR"}}.
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    # Bodies, JSON or the fields of a form: {"POST /api/v1/orders": {"currency": "EUR"}}.
    bodies: Mapping[str, Any] = field(default_factory=dict)

    # Files of a form: {"PUT /api/v1/orders/{order_id}/scan": {"scan": ("a.png", b"...", "image/png")}}.
    files: Mapping[str, Mapping[str, tuple[str, bytes, str]]] = field(default_factory=dict)

    # Operations that get no request from the tests, each with the reason: they must ask for a
    # permission like any other, but nothing shows that they do.
    # {"POST /api/v1/orders/{order_id}/charges": "The bank's sandbox cannot be reached from CI"}.
    skipped: Mapping[str, str] = field(default_factory=dict)
