from datetime import datetime
from uuid import UUID

from app.core.principal import Role
from app.schemas.base import Schema
from app.schemas.fields import Email, Name, Password, Token


class TenantWrite(Schema):
    name: Name


class TenantRead(Schema):
    id: UUID
    etag: str
    name: str
    created_at: datetime


class MyTenantRead(Schema):
    """A tenant that the user is in since `joined_at`, as what."""

    id: UUID
    name: str
    role: Role
    joined_at: datetime


class MemberRead(Schema):
    user_id: UUID
    email: str
    name: str
    role: Role
    joined_at: datetime


class MemberUpdate(Schema):
    role: Role


class InvitationCreate(Schema):
    email: Email
    role: Role


class InvitationRead(Schema):
    """An invitation that is open; its token is only in the mail."""

    id: UUID
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


class InvitationAcceptance(Schema):
    """`password` is for those who have no account yet."""

    token: Token
    password: Password | None = None
