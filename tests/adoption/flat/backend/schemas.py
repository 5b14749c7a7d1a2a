from pydantic import BaseModel, ConfigDict, Field


class Login(BaseModel):
    email: str = Field(max_length=255)
    password: str = Field(max_length=200)


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


class Me(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str


class LabelIn(BaseModel):
    name: str = Field(min_length=1, max_length=50)


class LabelOut(LabelIn):
    model_config = ConfigDict(from_attributes=True)

    id: int


class NoteIn(BaseModel):
    title: str = Field(min_length=1, max_length=100)
    body: str = Field(default="", max_length=5000)
    label_id: int | None = Field(default=None, ge=1, le=2**31 - 1)


class NoteOut(NoteIn):
    model_config = ConfigDict(from_attributes=True)

    id: int
