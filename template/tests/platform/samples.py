"""What the platform's tests cannot make up by themselves for what a service adds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Samples:
    """The tests fill settings, columns and requests by their types; what is named here goes first."""

    # Settings that have no default, as the environment gives them: {"STRIPE_URL": "http://x.test"}.
    # Those whose name ends in _SECRET are made up.
    settings: Mapping[str, str] = field(default_factory=dict)

    # Values of a table's columns: {"orders": {"currency": "EUR"}}.
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    # Bodies, by operation: {"POST /api/v1/orders": {"currency": "EUR"}}.
    bodies: Mapping[str, Any] = field(default_factory=dict)
