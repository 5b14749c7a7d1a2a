"""Passwords and tokens, with the service's libraries and its parameters of Argon2id."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from bare.models import User, now

TTL_SECONDS = 900
REFRESH_TTL = timedelta(days=30)
SECRET = os.environ["JWT_SECRET"]

# Every setting of SQLAlchemy is its default, but the one without which async code cannot work.
engine = create_async_engine(os.environ["DATABASE_URL"])
open_session = async_sessionmaker(engine, expire_on_commit=False)

hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/token")


async def get_session() -> AsyncIterator[AsyncSession]:
    async with open_session() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


async def get_user(session: SessionDep, token: Annotated[str, Depends(bearer)]) -> User:
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    except JWTError as error:
        raise HTTPException(401, "Invalid token") from error
    user = await session.get(User, UUID(claims["sub"]))
    if user is None:
        raise HTTPException(401, "Invalid token")
    return user


UserDep = Annotated[User, Depends(get_user)]


def make_access_token(user_id: UUID) -> str:
    issued: datetime = now()
    claims = {"sub": str(user_id), "iat": issued, "exp": issued + timedelta(seconds=TTL_SECONDS)}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def make_refresh_token() -> str:
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def is_password(password: str, hashed: str) -> bool:
    try:
        return await asyncio.to_thread(hasher.verify, hashed, password)
    except VerifyMismatchError:
        return False
