from pydantic import BaseModel, ConfigDict


class Schema(BaseModel):
    """A wire type. What it does not name is refused, and numbers are finite (RFC 8259)."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, from_attributes=True, hide_input_in_errors=True
    )
