from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import bcrypt
import jwt


def hash_password(password: str, rounds: int) -> str:
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(rounds)).decode()


def verify_password(password: str, hashed: str) -> bool:
    return bcrypt.checkpw(password.encode()[:72], hashed.encode())


@dataclass(frozen=True)
class OldTokens:
    key: str = field(repr=False)
    minutes: int

    def make(self, user_id: int) -> str:
        expires = datetime.now(UTC) + timedelta(minutes=self.minutes)
        return jwt.encode({"sub": str(user_id), "exp": expires}, self.key, algorithm="HS256")

    def read(self, token: str) -> int | None:
        """Returns the id of the user; None for a token that is not valid, and without a key."""
        if not self.key:
            return None
        try:
            return int(jwt.decode(token, self.key, algorithms=["HS256"])["sub"])
        except (jwt.InvalidTokenError, KeyError, ValueError):
            return None
