from app.schemas.base import Schema
from app.schemas.fields import Email, Password, Token


class RegistrationCreate(Schema):
    email: Email
    password: Password


class EmailRequest(Schema):
    email: Email


class EmailConfirmation(Schema):
    """The token from the mail, and the password that was chosen at registration."""

    token: Token
    password: Password


class PasswordReset(Schema):
    token: Token
    new_password: Password


class PasswordChange(Schema):
    current_password: Password
    new_password: Password
