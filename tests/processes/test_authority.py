"""Rights that end at one process while requests wait at the other, on a PostgreSQL of both."""

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.faulty import wait_until
from tests.support.pairs import Pair, serving_pair
from tests.support.processes import PASSWORD, prepare
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

ITEMS, MEMBERS = "/api/v1/items", "/api/v1/tenant/members"
INVITATIONS = "/api/v1/tenant/invitations"
AT_ONCE = 4


@dataclass
class Story:
    """An owner at the first process, and eve, an admin of the same tenant, at the second."""

    pair: Pair
    pool: ThreadPoolExecutor
    eve_id: str
    eve: dict[str, str]

    @property
    def owner(self) -> httpx.Client:
        return self.pair.clients[0]

    def sent(self, method: str, path: str, **given: Any) -> Future[httpx.Response]:
        """Send a request of eve's, which waits."""
        client = self.pair.clients[1]
        waiting = self.pair.waiting()
        future = self.pool.submit(client.request, method, path, headers=self.eve, **given)
        wait_until(lambda: self.pair.waiting() > waiting)
        return future

    def change_eve(self, role: str) -> httpx.Response:
        return self.owner.patch(f"{MEMBERS}/{self.eve_id}", json={"role": role})

    def remove_eve(self) -> httpx.Response:
        return self.owner.delete(f"{MEMBERS}/{self.eve_id}")

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        with psycopg.connect(self.pair.database) as connection:
            connection.execute(f"SELECT 1 FROM {table} FOR UPDATE")  # noqa: S608 - ours
            yield


@pytest.fixture(scope="module")
def pair(
    services: Services, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    service = services.installed(EVERYTHING.answers)
    url = postgres.create_database()
    prepare(service, EVERYTHING, {"DATABASE_URL": url})
    with serving_pair(service, url, postgres, tmp_path_factory.mktemp("authority")) as pair:
        yield pair


@pytest.fixture
def story(pair: Pair) -> Iterator[Story]:
    """Of people whom no other test knows."""
    email = f"eve-{uuid4()}@example.com"
    eve_id = join(pair, email, "admin")
    form = {"grant_type": "password", "username": email, "password": PASSWORD}
    granted = pair.clients[1].post("/api/v1/auth/token", data=form).json()
    with ThreadPoolExecutor(8) as pool:
        yield Story(pair, pool, eve_id, {"Authorization": f"Bearer {granted['access_token']}"})


def join(pair: Pair, email: str, role: str) -> str:
    """Make a member of the owner's tenant, and return the id of the user."""
    owner = pair.clients[0]
    invite(owner, email, role)
    joined = {"token": token_in(pair, email), "password": PASSWORD}
    owner.post("/api/v1/invitations/accept", json=joined).raise_for_status()
    members = owner.get(MEMBERS).json()["items"]
    return next(str(each["user_id"]) for each in members if each["email"] == email)


def invite(client: httpx.Client, email: str, role: str) -> httpx.Response:
    return client.post(INVITATIONS, json={"email": email, "role": role})


def token_in(pair: Pair, email: str) -> str:
    """Read the newest mail to an address, which development leaves in the log."""

    def mails() -> list[str]:
        lines = [line for process in pair.processes for line in process.log_lines()]
        return [line["text"] for line in lines if line.get("to") == email]

    wait_until(lambda: mails() != [])
    [token] = re.findall(r"#token=(\S+)", mails()[-1])
    return str(token)


def role_of(story: Story, user_id: str) -> str | None:
    members = story.owner.get(MEMBERS).json()["items"]
    return next((each["role"] for each in members if each["user_id"] == user_id), None)


def test_a_removed_admin_changes_no_role(story: Story) -> None:
    """The removal is the first that gets the tenant; what waits behind it is refused."""
    bob_id = join(story.pair, "bob@example.com", "viewer")
    with story.locked("tenants"):
        removal = story.pool.submit(story.remove_eve)
        wait_until(lambda: story.pair.waiting() == 1)
        path = f"{MEMBERS}/{bob_id}"
        sent = [story.sent("PATCH", path, json={"role": "admin"}) for _ in range(AT_ONCE)]

    assert removal.result().status_code == 204
    assert {each.result().status_code for each in sent} == {403}
    assert (role_of(story, bob_id), role_of(story, story.eve_id)) == ("viewer", None)


def test_a_demoted_admin_leaves_no_invitation(story: Story) -> None:
    invited = {"email": "carol@example.com", "role": "viewer"}
    with story.locked("tenants"):
        demotion = story.pool.submit(story.change_eve, "member")
        wait_until(lambda: story.pair.waiting() == 1)
        sent = [story.sent("POST", INVITATIONS, json=invited) for _ in range(AT_ONCE)]

    assert demotion.result().status_code == 200
    assert {each.result().status_code for each in sent} == {403}
    assert story.pair.count("invitations") == 0


def test_an_invitation_ends_with_the_rights_of_who_made_it(story: Story) -> None:
    """It is accepted while the demotion waits for the tenant."""
    invited = {"email": "dave@example.com", "role": "viewer"}
    client = story.pair.clients[1]
    client.post(INVITATIONS, headers=story.eve, json=invited).raise_for_status()
    joined = {"token": token_in(story.pair, "dave@example.com"), "password": PASSWORD}
    with story.locked("tenants"):
        demotion = story.pool.submit(story.change_eve, "member")
        wait_until(lambda: story.pair.waiting() == 1)
        accepted = story.sent("POST", "/api/v1/invitations/accept", json=joined)

    assert demotion.result().status_code == 200
    assert accepted.result().status_code == 400
    members = story.owner.get(MEMBERS).json()["items"]
    assert "dave@example.com" not in {each["email"] for each in members}


def test_a_demoted_member_changes_no_row_that_they_waited_for(story: Story) -> None:
    item = story.owner.post(ITEMS, json={"name": "Lamp"}).json()
    path = f"{ITEMS}/{item['id']}"
    with story.locked("items"):
        sent = [story.sent("PATCH", path, json={"name": "Mine"}), story.sent("DELETE", path)]
        assert story.change_eve("viewer").status_code == 200

    assert {each.result().status_code for each in sent} == {403}
    assert story.owner.get(path).json() == item
