from pydantic import BaseModel, ConfigDict, Field


class LabelIn(BaseModel):
    name: str = Field(min_length=1, max_length=50)


class LabelOut(LabelIn):
    model_config = ConfigDict(from_attributes=True)

    id: int = Field(validation_alias="number")
