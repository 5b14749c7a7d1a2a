from pydantic import BaseModel, ConfigDict

# Of a text whose field says nothing else; a longer one says so: Field(max_length=50_000).
MAX_TEXT_LENGTH = 10_000


class Schema(BaseModel):
    """A wire type. What it does not name is refused, and numbers are finite (RFC 8259).

    Every text is bounded before any work on it: normalizing one of a megabyte takes minutes.
    """

    model_config = ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        from_attributes=True,
        hide_input_in_errors=True,
        str_max_length=MAX_TEXT_LENGTH,
    )
