"""Names in .env that no setting reads: most often misspelled ones."""

import re

from dotenv import dotenv_values
from pydantic_settings import BaseSettings

from app.core.settings.secret_files import file_variables

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def find_unread(settings: type[BaseSettings], env_file: str = ".env") -> list[str]:
    """Returns what in the file is neither a field of these settings nor names the file of one."""
    known = {name.upper() for name in (*settings.model_fields, *file_variables(settings))}
    unread = {
        name: value for name, value in dotenv_values(env_file).items() if name.upper() not in known
    }
    # The lines of a key without quotes around it are read as names, with or without a value of `=`.
    names = [name for name in unread if _NAME.fullmatch(name) and (unread[name] or "").strip("=")]
    found = [f"{name}: in .env, but no setting of this service" for name in names]
    if len(names) < len(unread):
        found.append(".env: some lines are not NAME=value; put a key in PEM on one line, with \\n")
    return found
