"""Secrets from files: found for every setting that is one, and what goes wrong with them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from app.core.platform_settings import PlatformSettings
from app.core.settings import secret_files
from app.core.settings.env_file import find_unread
from app.core.settings.errors import ConfigurationError, load
from app.core.settings.secret_files import MAX_BYTES, file_variables
from service.core.settings import test_secrets
from service.core.settings.test_secrets import HEAD, TAIL, make_values
from service.support.pems import make_private_key, to_pem

KEY = "Zp3kVd0Rw9sXq7LmTf2HbYc8NgJ5uAe1"
VALUES = {
    "database_url": "postgresql://shop:Kw7Xq@db/shop",
    "database_direct_url": "postgresql://shop:Kw7Xq@db/shop",
    "redis_url": "redis://:Kw7Xq@cache:6379/0",
    "sentry_dsn": "https://Kw7Xq@sentry.example/1",
    "smtp_url": "smtp://shop:Kw7Xq@mail:587",
    "otel_exporter_otlp_headers": "api-key=Kw7Xq",
}
Write = Callable[[str, bytes], Path]
# A team's own come in the way that the next class shows.
SECRETS = [name for name in test_secrets.SECRETS if name in PlatformSettings.model_fields]


class TeamSettings(PlatformSettings):
    hook_secret: SecretStr
    partner_url: str = Field(default="", repr=False)
    partner_codes: tuple[SecretStr, ...] = ()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is set but the folder, which is empty, and the one secret that has no default."""
    monkeypatch.setitem(PlatformSettings.model_config, "env_file", None)
    monkeypatch.setitem(TeamSettings.model_config, "env_file", None)
    for name in SECRETS:
        monkeypatch.delenv(name.upper(), raising=False)
    (tmp_path / "secrets").mkdir()
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv("JWT_SECRET", KEY)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_secret(name: str, content: bytes) -> Path:
        path = tmp_path / "secrets" / name
        path.write_bytes(content)
        return path

    return write_secret


def value_of(settings: PlatformSettings, name: str) -> str:
    value = getattr(settings, name)
    [value] = value if isinstance(value, tuple) else [value]
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def reasons() -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(PlatformSettings)
    assert caught.value.__cause__ is None
    return caught.value.reasons


@pytest.mark.parametrize("place", ["named", "named by the folder", "in capitals"])
@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_is_read_from_a_file(
    name: str, place: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name.upper(), raising=False)
    value = VALUES.get(name, KEY)
    files = {"named": "elsewhere", "named by the folder": name, "in capitals": name.upper()}
    path = write(files[place], f"{value}\n".encode())
    if place == "named":
        monkeypatch.setenv(f"{name}_file".upper(), str(path))

    assert value_of(load(PlatformSettings), name).endswith(value.partition("://")[2] or value)


def test_a_setting_of_the_team_needs_no_line_for_it(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("hook_secret", b"from the folder\r\n")
    write("partner_codes", b'["one", "two"]')
    monkeypatch.setenv("PARTNER_URL_FILE", str(write("x", b"https://a:b@partner.example")))
    settings = load(TeamSettings)

    assert settings.hook_secret.get_secret_value() == "from the folder"
    assert [each.get_secret_value() for each in settings.partner_codes] == ["one", "two"]
    assert settings.partner_url == "https://a:b@partner.example"


def test_what_is_no_secret_is_not_read_from_a_file(write: Write) -> None:
    write("version", b"6.6.6")

    assert load(PlatformSettings).version != "6.6.6"
    assert "version_file" not in file_variables(PlatformSettings)


def test_a_setting_named_like_the_file_of_another_stays_one(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Uploads(TeamSettings):
        hook_secret_file: str = ""

    write("hook_secret", b"from the folder")
    monkeypatch.setenv("HOOK_SECRET_FILE", "not a path")

    assert load(Uploads).hook_secret_file == "not a path"


def test_only_the_newlines_at_the_end_are_left_out(write: Write) -> None:
    write("hook_secret", b" \n two lines \n\n")

    assert load(TeamSettings).hook_secret.get_secret_value() == " \n two lines "


def test_a_key_is_read_as_its_file_has_it(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JWT_SECRET")
    monkeypatch.setenv("JWT_ALGORITHM", "ES256")
    write("jwt_secret", to_pem(make_private_key("ES256")).encode())

    assert load(PlatformSettings).jwt_keys[0].algorithm == "ES256"


@pytest.mark.parametrize("others", [["env"], ["folder"], ["env", "folder"]])
def test_two_places_of_one_secret_are_refused(
    others: list[str], write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JWT_SECRET")
    monkeypatch.setenv("JWT_SECRET_FILE", str(write("other", KEY.encode())))
    places = ["JWT_SECRET_FILE"]
    if "env" in others:
        monkeypatch.setenv("JWT_SECRET", KEY)
        places.insert(0, "JWT_SECRET")
    if "folder" in others:
        places.append(str(write("jwt_secret", KEY.encode())))

    assert reasons() == [f"JWT_SECRET: is set by {' and '.join(places)}: remove all but one"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "cannot be read: No such file or directory"),
        (lambda path: path.symlink_to(path), "cannot be read: "),
        (lambda path: path.mkdir(), "must be a file of at most 65536 bytes"),
        (os.mkfifo, "must be a file of at most 65536 bytes"),
        (lambda path: path.write_bytes(b"x" * (MAX_BYTES + 1)), "must be a file of at most"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"\r\n\n"), "is empty"),
        (lambda path: path.write_bytes(b"Kw7Xq\xff"), "is not UTF-8"),
    ],
    ids=["missing", "a loop", "a folder", "a pipe", "too long", "empty", "newlines", "binary"],
)
@pytest.mark.parametrize("place", ["SMTP_URL_FILE", "folder"])
def test_an_unfit_file_is_named(
    make: Callable[[Path], object],
    said: str,
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "secrets" / ("smtp_url" if place == "folder" else "other")
    make(path)
    if place == "folder":
        if not os.path.lexists(path):
            assert load(PlatformSettings).smtp_url is None
            return
        prefix = str(path)
    else:
        monkeypatch.setenv(place, str(path))
        prefix = f"{place}: {path}"
    [reason] = reasons()

    assert reason.startswith(f"{prefix} {said}")
    assert HEAD not in reason


def test_all_unfit_files_are_named_at_once(write: Write) -> None:
    for name in ("smtp_url", "metrics_token"):
        write(name, b"")

    assert len(reasons()) == 2


def test_a_folder_that_was_named_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETS_DIR", f"/{HEAD}")

    assert reasons() == ["SECRETS_DIR: is not a folder that can be read"]


@pytest.mark.parametrize("is_named", [True, False])
def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(
    tmp_path: Path, is_named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "is not a folder that can be read"
    if not is_named:
        monkeypatch.setattr(secret_files, "SECRETS_DIR", str(tmp_path / "secrets"))
        monkeypatch.delenv("SECRETS_DIR")
        # What nobody has typed may be shown.
        said = f"its default, {tmp_path / 'secrets'}, cannot be read"
    # Root may read all folders.
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != tmp_path / "secrets")

    assert reasons() == [f"SECRETS_DIR: {said}"]


def test_a_secret_in_place_of_its_path_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = ("/", "//", "/./", f"/{HEAD}/")
    for value in (*make_values("smtp_url"), *(f"{start}{HEAD}{TAIL}" for start in starts)):
        monkeypatch.setenv("SMTP_URL_FILE", value)
        said = str(reasons())
        assert HEAD not in said, value
        assert TAIL not in said, value


def test_a_variable_that_names_a_file_is_known_in_env_files(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("JWT_SECRET_FILE=/a\nSECRETS_DIR=/b\nVERSION_FILE=/c\n")

    assert find_unread(PlatformSettings, str(tmp_path / ".env")) == [
        "VERSION_FILE: in .env, but no setting of this service"
    ]
