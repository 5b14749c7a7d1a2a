from typing import Literal

from app.schemas.base import Schema


class LiveRead(Schema):
    status: Literal["ok"]


class ReadyRead(Schema):
    """`checks` says what was asked; only what the service cannot do without decides."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, Literal["ok", "failed"]]


class HealthRead(ReadyRead):
    name: str
    version: str
