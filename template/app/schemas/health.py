from typing import Literal

from app.schemas.base import Schema


class LiveRead(Schema):
    status: Literal["ok"]


class ReadyRead(Schema):
    """`checks` has every result; only required checks decide the status, until the process drains."""

    status: Literal["ok", "unavailable", "draining"]
    checks: dict[str, Literal["ok", "degraded", "failed"]]


class HealthRead(ReadyRead):
    name: str
    version: str
    platform: str
