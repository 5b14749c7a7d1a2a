"""What stands in .env and is read by nobody: most often a misspelt name."""

from dotenv import dotenv_values
from pydantic_settings import BaseSettings


def unknown_names(settings: type[BaseSettings], env_file: str = ".env") -> list[str]:
    """Returns the names in the file that are no field of these settings."""
    known = {name.upper() for name in settings.model_fields}
    return [name for name in dotenv_values(env_file) if name.upper() not in known]
