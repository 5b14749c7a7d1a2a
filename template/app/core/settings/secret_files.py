"""Secrets from files: of each one the file that NAME_FILE names, or its own in SECRETS_DIR."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from stat import S_ISREG

from pydantic_settings import BaseSettings, EnvSettingsSource

from app.core.settings.errors import ConfigurationError, SettingError, holds_secret

# Where Docker, Podman and most orchestrators put them.
SECRETS_DIR = "/run/secrets"
# Beyond any key, and little enough to read whatever has been named by mistake.
MAX_BYTES = 64 * 1024


class SecretFiles(EnvSettingsSource):
    """Reads what files hold as if it stood in the environment.

    Raises:
        ConfigurationError: a file cannot be read, or another source has the same secret.
    """

    def __init__(self, settings: type[BaseSettings], variables: Mapping[str, str | None]) -> None:
        super().__init__(settings)
        self._folder = _find_folder(variables.get("secrets_dir"))
        self._variables = variables
        self._files = file_variables(settings)
        self.env_vars = self._read_all(secret_names(settings))

    def _read_all(self, names: list[str]) -> dict[str, str | None]:
        contents: dict[str, str | None] = {}
        reasons = []
        for name in names:
            try:
                sources = list(self._find_sources(name))
                if len(sources) > 1:
                    places = " and ".join(place for place, _ in sources)
                    raise SettingError(f"{name.upper()}: is set by {places}: remove all but one")
                for place, path in sources:
                    if path:
                        contents[name] = _read(place, path)
            except SettingError as exc:
                reasons.append(str(exc))
        if reasons:
            raise ConfigurationError(reasons)
        return contents

    def _find_sources(self, name: str) -> Iterator[tuple[str, Path | None]]:
        """Yields each place that has the secret, with the path of its file if it is one."""
        variable = f"{name}_file"
        if self._variables.get(name):
            yield name.upper(), None
        if variable in self._files and (path := self._variables.get(variable)):
            yield variable.upper(), _check_path(variable.upper(), path)
        for each in (self._folder / name, self._folder / name.upper()):
            if os.path.lexists(each):
                yield str(each), each


def secret_names(settings: type[BaseSettings]) -> list[str]:
    return [name for name, field in settings.model_fields.items() if holds_secret(field)]


def file_variables(settings: type[BaseSettings]) -> set[str]:
    """Returns the variables that name the files of secrets, in lower case.

    Where a service has a setting of that name, it is that setting.
    """
    return {f"{name}_file" for name in secret_names(settings)} - settings.model_fields.keys()


def _find_folder(given: str | None) -> Path:
    if given and not _is_readable(given):
        raise ConfigurationError(["SECRETS_DIR: is not a folder that can be read"])
    # One that is there and may not be read would be as if it had no secrets.
    if not given and os.path.lexists(SECRETS_DIR) and not _is_readable(SECRETS_DIR):
        raise ConfigurationError([f"SECRETS_DIR: its default, {SECRETS_DIR}, cannot be read"])
    return Path(given or SECRETS_DIR)


def _is_readable(folder: str) -> bool:
    return _is_folder(folder) and os.access(folder, os.R_OK | os.X_OK)


def _is_folder(path: str | Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir() raises where one may not look


def _check_path(variable: str, text: str) -> Path:
    """Refuses a secret that was put in place of its path, without repeating it."""
    path = Path(text)
    if not path.is_absolute():
        raise SettingError(f"{variable}: must be the absolute path of a file")
    if path.parent == path.parent.parent or not _is_folder(path.parent):
        raise SettingError(f"{variable}: names a file in a folder that cannot be read")
    return path


def _read(place: str, path: Path) -> str:
    said = place if place == str(path) else f"{place}: {path}"
    try:
        status = path.stat()
        # A pipe would keep the process waiting.
        if not S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise SettingError(f"{said} must be a file of at most {MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as exc:
        raise SettingError(f"{said} cannot be read: {exc.strerror}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{said} is not UTF-8") from None
    if not text:
        raise SettingError(f"{said} is empty")
    return text
