import os
from datetime import UTC, datetime, timedelta

import bcrypt
import jwt


def hash_password(password: str) -> str:
    rounds = int(os.getenv("BCRYPT_ROUNDS", "12"))
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(rounds)).decode()


def verify_password(password: str, hashed: str) -> bool:
    return bcrypt.checkpw(password.encode()[:72], hashed.encode())


def make_token(user_id: int) -> str:
    minutes = int(os.getenv("TOKEN_MINUTES", "60"))
    claims = {"sub": str(user_id), "exp": datetime.now(UTC) + timedelta(minutes=minutes)}
    return jwt.encode(claims, os.getenv("SECRET_KEY", ""), algorithm="HS256")


def read_token(token: str) -> int | None:
    try:
        claims = jwt.decode(token, os.getenv("SECRET_KEY", ""), algorithms=["HS256"])
        return int(claims["sub"])
    except (jwt.InvalidTokenError, KeyError, ValueError):
        return None
