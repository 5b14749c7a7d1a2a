"""The process: where it listens and what it logs."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from app.core.settings.group import SettingsGroup
from app.core.settings.hosts import ListeningHost


class ServerSettings(SettingsGroup):
    version: str = "0.0.0"
    host: ListeningHost = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    def find_faults(self) -> Iterator[str]:
        yield from super().find_faults()
        if self.is_production and self.log_level == "DEBUG":
            yield "LOG_LEVEL: DEBUG writes down what clients send"
