from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete

from app.auth.passwords import grant
from app.core.errors import OAuthError
from app.core.jwt import TokenCodec
from app.core.keys import load_key
from app.core.principal import Role
from app.core.security import PasswordHasher
from app.crud import tenants
from app.db.models.membership import Membership
from app.db.session import Database
from tests.support import PASSWORD, Account

CODEC = TokenCodec(
    keys=[load_key(uuid4().hex)], issuer="shop", audience="shop", ttl=timedelta(minutes=15)
)


async def sign_in(database: Database, password: str = PASSWORD) -> str:
    async with database.session() as session:
        return await grant(
            session,
            PasswordHasher(workers=1),
            CODEC,
            grant_type="password",
            username="ann@example.com",
            password=password,
        )


async def test_the_token_is_for_the_tenant_joined_first(database: Database, owner: Account) -> None:
    async with database.session() as session:
        later = await tenants.create(session, name="joined later")
        await tenants.add_member(session, later.id, owner.user_id, Role.MEMBER)

    claims = CODEC.verify(await sign_in(database))

    assert claims.user_id == owner.user_id
    assert claims.tenant_id == owner.tenant_id


async def test_a_user_without_a_tenant_may_sign_in(database: Database, owner: Account) -> None:
    async with database.session() as session:
        await session.execute(delete(Membership))

    assert CODEC.verify(await sign_in(database)).tenant_id is None


async def test_a_password_is_not_cut_to_one_that_fits(database: Database, owner: Account) -> None:
    with pytest.raises(OAuthError):
        await sign_in(database, PASSWORD.ljust(300))
