"""URLs of PostgreSQL as hosting services hand them out: libpq's options in the terms of our driver."""

import os
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from app.core.settings.errors import SettingError
from app.core.settings.urls import split_url

# libpq's names, and the values that each may have here.
_OPTIONS = {
    "application_name": "[ -~]{1,63}",
    "channel_binding": "disable|prefer",
    "connect_timeout": "[1-9][0-9]{0,3}",
    "host": ".+",
    "options": ".*",
    "port": "[0-9,]+",
    "sslcert": ".+",
    "sslkey": ".+",
    "sslmode": "disable|allow|prefer|require|verify-ca|verify-full",
    "sslrootcert": ".+",
    "target_session_attrs": "any|primary|read-write",
}
_REMEDIES = {
    "channel_binding": "channel_binding=require is more than the driver can do: leave it out and use"
    " sslmode=verify-full, which keeps others out of the connection as well",
    "connection_limit": "connection_limit is DATABASE_POOL_SIZE here",
    "pgbouncer": "pgbouncer is DATABASE_POOLER here",
    "pool_timeout": "pool_timeout is DATABASE_POOL_TIMEOUT here",
    "schema": "schema is options=-csearch_path%3Dname here",
    "ssl": "ssl is sslmode here, as in sslmode=require",
    "sslmode": f"sslmode must be {_OPTIONS['sslmode'].replace('|', ', ')}",
    "target_session_attrs": "target_session_attrs must be any, primary or read-write: the service writes",
}
_FILES = ("sslcert", "sslkey", "sslrootcert")
# The driver reads these itself; it would send any other to the server as a setting.
_FOR_THE_DRIVER = ("host", "port", "sslmode", "target_session_attrs", *_FILES)
_SYSTEM_ROOTS = "system"

_OPTION = r"(?:-c\s*|--)([A-Za-z_][A-Za-z0-9_.-]*)=((?:[^\s\\]|\\.)*)"
# Not for a URL to set: the time limits have settings, and the others keep tenants apart.
_OURS = re.compile(
    r"(statement|lock|idle_in_transaction_session)_timeout|row_security|session_\w+|app\..*"
)


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """What a URL says: `dsn` holds what the driver understands of it, password included."""

    dsn: str = field(repr=False)
    server_settings: dict[str, str]
    connect_timeout: float | None
    # Whether certificates are verified by the roots of the system.
    trusts_system: bool


def read_postgres_url(url: str) -> PostgresAddress:
    """Reads a URL, perhaps with SQLAlchemy's name of a driver in its scheme.

    Raises:
        SettingError: it is not one, or has an option that is not supported.
    """
    parts = split_url(url, url.partition("://")[0], needs_host=False, many_hosts=True)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name, value in given.items():
        _check_option(name, value)
    trusts_system = _check_tls(given)
    settings = _read_settings(given.get("options", ""))
    if "application_name" in given:
        settings["application_name"] = given["application_name"]
    timeout = given.get("connect_timeout")
    known = {name: given[name] for name in _FOR_THE_DRIVER if name in given}
    if trusts_system:
        del known["sslrootcert"]
    dsn = parts._replace(scheme="postgresql", query=urlencode(known)).geturl()
    return PostgresAddress(dsn, settings, float(timeout) if timeout else None, trusts_system)


def _check_option(name: str, value: str) -> None:
    if name in _OPTIONS and re.fullmatch(_OPTIONS[name], value):
        return
    # The name may be a part of a password: only known ones are repeated.
    if name in _REMEDIES:
        raise SettingError(_REMEDIES[name])
    if name in _OPTIONS:
        raise SettingError(f"{name} has an invalid value")
    raise SettingError(f"may have these options: {', '.join(_OPTIONS)}")


def _check_tls(given: dict[str, str]) -> bool:
    """Returns whether the roots of the system are to be trusted."""
    mode, roots = given.get("sslmode", ""), given.get("sslrootcert")
    if mode.startswith("verify-") and roots is None:
        raise SettingError(f"sslmode={mode} needs sslrootcert: a file, or system")
    if roots == _SYSTEM_ROOTS and (mode != "verify-full" or "sslcert" in given):
        raise SettingError("sslrootcert=system needs sslmode=verify-full, and no sslcert")
    for name in _FILES:
        path = given.get(name, _SYSTEM_ROOTS)
        if path != _SYSTEM_ROOTS and not os.access(path, os.R_OK):
            raise SettingError(f"{name} must name a file that can be read")
    return roots == _SYSTEM_ROOTS


def _read_settings(options: str) -> dict[str, str]:
    """Reads `-c name=value` and `--name=value`, in which a backslash keeps a blank."""
    found = re.findall(_OPTION, options)
    settings = {
        name.lower().replace("-", "_"): re.sub(r"\\(.)", r"\1", value) for name, value in found
    }
    if re.sub(_OPTION, "", options).strip() or any(map(_OURS.fullmatch, settings)):
        raise SettingError(
            "options may hold -c name=value alone; DATABASE_COMMAND_TIMEOUT and"
            " DATABASE_LOCK_TIMEOUT set time limits, and what keeps tenants apart is not to be set"
        )
    return settings
