import pytest

from backend.tests.conftest import PASSWORD


def test_it_is_up(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_login(client, ann):
    assert client.get("/me", headers=ann).json()["email"] == "ann@example.com"


def test_ids_are_numbers(client, ann):
    assert isinstance(client.get("/me", headers=ann).json()["id"], int)


@pytest.mark.parametrize(
    "data",
    [
        {"email": "ann@example.com", "password": "wrong"},
        {"email": "nobody@example.com", "password": PASSWORD},
    ],
)
def test_wrong_login(client, users, data):
    response = client.post("/login", json=data)
    assert (response.status_code, response.json()["detail"]) == (401, "Wrong email or password")


def test_login_needs_a_password(client):
    assert client.post("/login", json={"email": "ann@example.com"}).status_code == 422


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer x.y.z", "Basic x"])
def test_no_token(client, value):
    assert client.get("/me", headers={"Authorization": value}).status_code == 401
