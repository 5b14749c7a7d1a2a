from typing import Literal

from pydantic import BaseModel, ConfigDict

from app.schemas.base import MAX_TEXT_LENGTH


class TokenRequest(BaseModel):
    """The form of RFC 6749, sections 4.3.2 and 6; what it does not know it ignores, as there.

    `tenant` is ours: the id of the tenant to act in.
    """

    model_config = ConfigDict(
        extra="ignore", hide_input_in_errors=True, str_max_length=MAX_TEXT_LENGTH
    )

    grant_type: str = ""
    username: str = ""
    password: str = ""
    refresh_token: str = ""
    tenant: str = ""


class TokenRead(BaseModel):
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme, not a secret
    expires_in: int


class TokenErrorRead(BaseModel):
    """A refusal in the form of RFC 6749, section 5.2."""

    error: str
    error_description: str
