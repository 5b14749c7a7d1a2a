from dataclasses import dataclass, field
from datetime import UTC, datetime

import jwt


@dataclass(frozen=True)
class OldTokens:
    """Tokens that the old backend issued; none is issued any more."""

    key: str = field(repr=False)
    until: datetime | None

    def read(self, token: str) -> int | None:
        """Returns the id of the user; None for a token that is not valid, and when its time is over."""
        if not self.key or not self.until or datetime.now(UTC) >= self.until:
            return None
        try:
            return int(jwt.decode(token, self.key, algorithms=["HS256"])["sub"])
        except (jwt.InvalidTokenError, KeyError, ValueError):
            return None
