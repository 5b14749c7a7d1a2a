"""What tests do with accounts, and with the mails that they get."""

import re

from httpx2 import AsyncClient, Response

from app.services.mailer import Mail
from tests.platform.support import PASSWORD

NEW = "new@example.com"
OTHER_PASSWORD = "another quite long password"


async def post(client: AsyncClient, path: str, **body: str) -> Response:
    return await client.post(f"/api/v1/auth/{path}", json=body)


async def register(client: AsyncClient, email: str = NEW) -> Response:
    return await post(client, "register", email=email, password=PASSWORD)


async def confirm(client: AsyncClient, mail: Mail, password: str = PASSWORD) -> Response:
    return await post(client, "verify-email/confirm", token=token_in(mail), password=password)


def token_in(mail: Mail) -> str:
    found = re.search(r"#token=(\S+)", mail.text)
    assert found, mail.text
    return found[1]
