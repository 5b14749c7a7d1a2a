import asyncio
import os
import tempfile

os.environ["DATABASE_URL"] = f"sqlite:///{tempfile.mkdtemp()}/test.db"
os.environ["SECRET_KEY"] = "only for tests, and long enough for HS256"
os.environ["LEGACY_PASSWORD_SCHEMES"] = "bcrypt:4"
os.environ["LEGACY_TOKENS_UNTIL"] = "2100-01-01T00:00:00Z"
os.environ["REQUESTS_PER_MINUTE"] = "1000"
os.environ.pop("REDIS_URL", None)

import bcrypt
import pytest
from fastapi.testclient import TestClient

from app.context import open_settings_database
from app.core.config import get_settings
from app.core.principal import Role
from app.crud import memberships, tenants, users
from app.db.base import Base
from backend.main import app

PASSWORD = "open sesame"


@pytest.fixture(scope="session")
def client():
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def users_of_old():
    async def create():
        async with open_settings_database(get_settings()) as database:
            async with database.engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            async with database.session() as session:
                tenant = await tenants.create(session, name="Notes")
                for number, name in enumerate(("ann", "bob"), start=1):
                    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
                    email = f"{name}@example.com"
                    user = await users.create(session, email=email, password_hash=hashed)
                    user.legacy_id = number
                    await memberships.create(session, tenant.id, user.id, Role.MEMBER)

    asyncio.run(create())


@pytest.fixture
def login(client, users_of_old):
    def log_in(name):
        data = {"email": f"{name}@example.com", "password": PASSWORD}
        token = client.post("/login", json=data).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    return log_in


@pytest.fixture
def ann(login):
    return login("ann")


@pytest.fixture
def bob(login):
    return login("bob")
