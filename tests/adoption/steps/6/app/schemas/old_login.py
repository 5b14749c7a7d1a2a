from pydantic import BaseModel, Field


class Login(BaseModel):
    email: str = Field(max_length=255)
    password: str = Field(max_length=200)


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"  # noqa: S105 - a scheme, not a secret


class Me(BaseModel):
    # None for a user whom the old backend did not have.
    id: int | None
    email: str
