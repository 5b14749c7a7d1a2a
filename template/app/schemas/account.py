from app.schemas.base import Schema
from app.schemas.fields import Email, Password, Token


class RegistrationCreate(Schema):
    email: Email
    password: Password


class EmailRequest(Schema):
    email: Email


class EmailConfirmation(Schema):
    token: Token


class PasswordReset(Schema):
    token: Token
    new_password: Password


class PasswordChange(Schema):
    current_password: Password
    new_password: Password
