from pydantic import BaseModel, ConfigDict, Field


class NoteIn(BaseModel):
    title: str = Field(min_length=1, max_length=100)
    body: str = Field(default="", max_length=5000)
    label_id: int | None = Field(default=None, ge=1, le=2**31 - 1)


class NoteOut(NoteIn):
    model_config = ConfigDict(from_attributes=True)

    id: int = Field(validation_alias="number")
