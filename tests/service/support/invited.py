"""What tests do with invitations."""

from httpx2 import AsyncClient, Response

from app.services.mailer import Mail
from service.support.mailed import token_in

INVITATIONS = "/api/v1/tenant/invitations"
BOB = "bob@example.com"


async def invite(
    client: AsyncClient, headers: dict[str, str], email: str = BOB, role: str = "member"
) -> Response:
    return await client.post(INVITATIONS, headers=headers, json={"email": email, "role": role})


async def accept(client: AsyncClient, mail: Mail, **body: str) -> Response:
    return await client.post("/api/v1/invitations/accept", json={"token": token_in(mail)} | body)
