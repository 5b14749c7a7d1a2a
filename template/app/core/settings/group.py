"""What all groups of settings have in common."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core.settings.secret_files import SECRETS_DIR, SecretFiles


class SettingsGroup(BaseSettings):
    """Settings of one subject; PlatformSettings inherits from all of them."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: Literal["development", "test", "production"] = "production"
    secrets_dir: Path = Path(SECRETS_DIR)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: Any,
        env_settings: Any,
        dotenv_settings: Any,
        file_secret_settings: Any,
    ) -> tuple[Any, ...]:
        variables = {**dotenv_settings.env_vars, **env_settings.env_vars}
        files = SecretFiles(settings_cls, variables)
        return init_settings, env_settings, dotenv_settings, files

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def shares_nothing_because(self) -> str | None:
        """Why several processes would each count for themselves; None where they count together."""
        return "there is nothing here that processes share"

    def find_faults(self) -> Iterator[str]:
        """Yields why the service must not serve with these settings; a value is not named.

        A group adds its own to those of the others: `yield from super().find_faults()`.
        """
        yield from ()
