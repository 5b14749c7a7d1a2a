import asyncio
import os
import tempfile

os.environ["DATABASE_URL"] = f"sqlite:///{tempfile.mkdtemp()}/test.db"
os.environ["SECRET_KEY"] = "only for tests, and long enough for HS256"
os.environ["BCRYPT_ROUNDS"] = "4"
os.environ["REQUESTS_PER_MINUTE"] = "1000"
os.environ.pop("REDIS_URL", None)

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import get_settings
from backend import auth, crud
from backend.database import get_engine
from backend.main import app

PASSWORD = "open sesame"


@pytest.fixture(scope="session")
def client():
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def users(client):
    async def create():
        async with AsyncSession(get_engine(get_settings().database_url)) as db, db.begin():
            for name in ("ann", "bob"):
                email = f"{name}@example.com"
                await crud.create_user(db, email, auth.hash_password(PASSWORD, 4))

    asyncio.run(create())


@pytest.fixture
def login(client, users):
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
