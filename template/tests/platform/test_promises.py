"""What clients rely on, a short way through each: an upgrade of a dependency may break one."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy

from fastapi import APIRouter, FastAPI
from httpx2 import AsyncClient, Response
from pydantic import BaseModel

from app.api.deps import SignedInDep
from app.api.idempotency import IdempotencyDep
from app.core.config import Settings
from app.db.session import Database
from app.extension_points import Extensions
from app.main import create_app
from tests.platform.support import PASSWORD, Account, SignIn, running

AUTH = "/api/v1/auth"


async def sign_in_with(client: AsyncClient, email: str, password: str = PASSWORD) -> Response:
    form = {"grant_type": "password", "username": email, "password": password}
    return await client.post(f"{AUTH}/token", data=form)


async def test_a_user_signs_in_and_refreshes(settings: Settings, owner: Account) -> None:
    strict = settings.model_copy(update={"refresh_grace_seconds": 0})
    async with running(create_app(strict)) as client:
        wrong = await sign_in_with(client, owner.email, "a password of no user")
        first = await sign_in_with(client, owner.email)
        form = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
        second = await client.post(f"{AUTH}/token", data=form)
        headers = {"Authorization": f"Bearer {second.json()['access_token']}"}
        me = await client.get(f"{AUTH}/me", headers=headers)
        stolen = await client.post(f"{AUTH}/token", data=form)
        ended = await client.get(f"{AUTH}/me", headers=headers)

    assert (wrong.json()["error"], me.json()["email"]) == ("invalid_grant", owner.email)
    assert (wrong.status_code, stolen.status_code, ended.status_code) == (400, 400, 401)


async def test_a_user_registers_by_mail(settings: Settings, database: Database) -> None:
    new = {"email": "new@example.com", "password": PASSWORD}
    async with receive_mails() as (address, mails):
        by_mail = settings.model_copy(update={"smtp_url": f"smtp://{address}"})
        async with running(create_app(by_mail)) as client:
            registered = await client.post(f"{AUTH}/register", json=new)
            mail = message_from_bytes(await mails.get(), policy=policy.default)
            [token] = re.findall(r"#token=(\S+)", mail.get_content())
            body = {"token": token, "password": PASSWORD}
            confirmed = await client.post(f"{AUTH}/verify-email/confirm", json=body)
            signed_in = await sign_in_with(client, new["email"])

    assert mail["To"] == new["email"]
    assert [each.status_code for each in (registered, confirmed, signed_in)] == [202, 204, 200]


@asynccontextmanager
async def receive_mails() -> AsyncIterator[tuple[str, "asyncio.Queue[bytes]"]]:
    """Listens as a mail server does, and yields where, and the mails that come (RFC 5321)."""
    mails: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        while line := await reader.readline():
            if line == b"DATA\r\n":
                writer.write(b"354 go on\r\n")
                mails.put_nowait(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"221 bye\r\n" if line == b"QUIT\r\n" else b"250 ok\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield "{}:{}".format(*server.sockets[0].getsockname()), mails


async def test_a_change_names_the_version_that_it_is_for(
    client: AsyncClient, owner: Account, sign_in: SignIn
) -> None:
    url, headers = "/api/v1/tenant", sign_in(owner)
    headers["If-Match"] = (await client.get(url, headers=headers)).headers["etag"]
    changed = [await client.patch(url, headers=headers, json={"name": name}) for name in "ab"]

    assert [response.status_code for response in changed] == [200, 412]


class Note(BaseModel):
    text: str


async def test_a_repeated_request_takes_effect_once(
    settings: Settings, owner: Account, sign_in: SignIn
) -> None:
    router, made = APIRouter(), []

    @router.post("/notes", response_model=Note, status_code=201)
    async def create_note(actor: SignedInDep, data: Note, idempotency: IdempotencyDep) -> object:
        async def create() -> Note:
            made.append(data)
            return data

        return await idempotency.run(create)

    app: FastAPI = create_app(settings, Extensions(routers={"": [router]}))
    async with running(app) as client:
        headers = sign_in(owner) | {"Idempotency-Key": "a-key"}
        responses = [
            await client.post("/notes", headers=headers, json={"text": text}) for text in "aab"
        ]

    assert [response.status_code for response in responses] == [201, 201, 422]
    assert responses[0].content == responses[1].content
    assert len(made) == 1


async def test_the_api_is_described(client: AsyncClient) -> None:
    page = await client.get("/docs")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    found = [(await client.get(f"/{path}")).status_code for path in [*loaded, "openapi.json"]]

    assert found == [200] * 5
