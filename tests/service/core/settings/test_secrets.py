"""No output holds a part of a value, whatever a person may have typed."""

from collections.abc import Iterator
from itertools import product

import pytest

from app.core.config import Settings
from app.core.platform_settings import PlatformSettings
from app.core.settings.errors import ConfigurationError, holds_secret, load

HEAD, TAIL = "Kw7Xq", "Zt9Rm"
# The signs that end a part of a URL, and those that break one, in all shapes; the others in a few.
RISKY_SIGNS = ["", "@", "/", "?", "%zz", "\n"]
SIGNS = [*":#%[]&=+,;'\"\\|$ \t", "%4", "ä", "℀", "@:/", "://", "]["]
# How people write a password into a URL, and where else it ends up.
SHAPES = [
    "{p}",
    '"{p}',
    "-----BEGIN PRIVATE KEY-----\n{p}\n-----END PRIVATE KEY-----",
    "user:{p}@host/0",
    "{s}:{p}",
    "{s}://{p}",
    "{s}://{p}@host/0",
    "{s}://:{p}@host",
    "{s}://user:{p}@host:5432/0",
    "{s}://user:{p}@[::1",
    "{s}://user:{p}@ho st",
    "{s}://user:{p}@host:port",
    "{s}://user:{p}",
    "{s}://host:{p}/0",
    "{s}://host/{p}",
    "{s}://host/0?password={p}",
    "{s}://host/0?{p}=1",
    "{s}://host/0?sslmode={p}",
    "{s}://host/0?sslrootcert={p}",
    "{s}://host/0?options=-c%20{p}",
]
FEW_SHAPES = {"{p}", "{s}://user:{p}@host:5432/0", "{s}://host/0?password={p}"}
SCHEMES = {
    "database_direct_url": "postgresql",
    "database_url": "postgresql",
    "public_url": "https",
    "redis_url": "redis",
    "smtp_url": "smtp",
}
FIELDS = Settings.model_fields
SECRETS = [name for name, field in FIELDS.items() if holds_secret(field)]


def make_values(name: str) -> Iterator[str]:
    # A value that may be shown is no password, but it should not be shown either.
    is_typed_often = name in SECRETS or name in SCHEMES
    shapes = SHAPES if is_typed_often else ["{p}"]
    for sign, shape in [*product(RISKY_SIGNS, shapes), *product(SIGNS, FEW_SHAPES & {*shapes})]:
        yield shape.format(s=SCHEMES.get(name, "https"), p=f"{HEAD}{sign}{TAIL}")
    yield f"https://user:{HEAD}{TAIL}@host:5432/0"


def read_outputs(name: str) -> str:
    """Returns all that is said of the settings in the environment, at whichever point."""
    try:
        settings = load(Settings)
    except ConfigurationError as exc:
        return f"{exc} {exc!r} {exc.__cause__} {exc.reasons}"
    laptop = settings.model_copy(update={"environment": "development"})
    said = [*settings.refusals(), *laptop.refusals()]
    return f"{said} {settings!r} {settings}" if name in SECRETS else str(said)


def test_the_walk_knows_the_secrets() -> None:
    assert {"database_url", "jwt_previous_secrets", "jwt_secret", "smtp_url"} <= {*SECRETS}
    platform = PlatformSettings.model_fields
    assert {*SECRETS} >= {name for name in platform if name.endswith("_url")} - {"public_url"}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", FIELDS)
def test_no_message_holds_a_part_of_a_value(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("JWT_SECRET", "Zp3kVd0Rw9sXq7LmTf2HbYc8NgJ5uAe1")
    for value in make_values(name):
        monkeypatch.setenv(name.upper(), value)
        said = read_outputs(name)
        assert HEAD not in said, value
        assert TAIL not in said, value
