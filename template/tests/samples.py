"""What the walks over all routes and tables cannot make up by themselves for what you add.

They fill a column or a field by its type; where that is not enough, name the value here.
"""

from typing import Any

# Values of a table's columns: {"orders": {"currency": "EUR"}}.
rows: dict[str, dict[str, Any]] = {}

# Bodies, by method and path: {"POST /api/v1/orders": {"currency": "EUR"}}.
bodies: dict[str, Any] = {}
