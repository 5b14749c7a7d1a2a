"""Hashes of other schemes: they verify, cost what the setting says, and are replaced."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import AsyncClient
from passlib.registry import get_crypt_handler

from app.core.config import Settings
from app.core.credentials.legacy_passwords import LegacyScheme
from app.core.security import MAX_PASSWORD_LENGTH, PasswordHasher
from app.core.settings import legacy_passwords
from app.core.settings.errors import ConfigurationError, load
from app.crud import users
from app.db.session import Database
from app.main import create_app
from tests.platform.support import make_account, running

PASSWORD = "correct horse battery staple"
# Small bounds, and as many rounds as a hash may have, fewer, and more.
BOUNDS = {"bcrypt": (6, 4, 7), "pbkdf2_sha256": (900, 300, 901), "pbkdf2_sha512": (900, 300, 901)}
EACH_SCHEME = pytest.mark.parametrize("name", BOUNDS)


def make_hash(name: str, rounds: int, password: str = PASSWORD) -> str:
    handler: Any = get_crypt_handler(name)
    return str(handler.using(rounds=rounds, relaxed=True).hash(password))


def make_hasher(*names: str) -> PasswordHasher:
    return PasswordHasher(2, [LegacyScheme(name, BOUNDS[name][0]) for name in names])


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """A function that says how much a scheme has computed: bcrypt doubles with each round."""
    rounds: dict[str, list[int]] = {name: [] for name in BOUNDS}
    for name in BOUNDS:
        handler: Any = get_crypt_handler(name)
        # What is patched before its library is loaded does not stay.
        LegacyScheme(name, 4).load()

        def note(
            self: Any, secret: Any, name: str = name, compute: Any = handler._calc_checksum
        ) -> Any:
            result = compute(self, secret)
            rounds[name].append(self.rounds)
            return result

        monkeypatch.setattr(handler, "_calc_checksum", note)

    def work(name: str) -> int:
        done, rounds[name] = rounds[name], []
        return sum(2**each if name == "bcrypt" else each for each in done)

    return work


@EACH_SCHEME
@pytest.mark.parametrize("place", [0, 1])
async def test_a_legacy_hash_verifies_and_is_replaced(name: str, place: int) -> None:
    hasher = make_hasher(name)
    legacy = make_hash(name, BOUNDS[name][place])
    check = await hasher.verify(PASSWORD, legacy)

    assert check.matches
    assert check.new_hash is not None
    assert check.new_hash.startswith("$argon2id$")
    assert await hasher.verify(PASSWORD, check.new_hash)
    wrong = await hasher.verify(PASSWORD + "r", legacy)
    assert (wrong.matches, wrong.new_hash) == (False, None)


@EACH_SCHEME
async def test_a_scheme_that_is_not_named_does_not_verify(name: str) -> None:
    others = [each for each in BOUNDS if each != name]
    legacy = make_hash(name, BOUNDS[name][1])

    assert not await make_hasher(*others).verify(PASSWORD, legacy)
    assert not await PasswordHasher(2).verify(PASSWORD, legacy)


@EACH_SCHEME
async def test_a_hash_of_too_many_rounds_is_never_computed(
    name: str, computed: Callable[[str], int]
) -> None:
    hasher, legacy = make_hasher(name), make_hash(name, BOUNDS[name][2])
    bound = BOUNDS[name][0]
    computed(name)

    assert not await hasher.verify(PASSWORD, legacy)
    assert computed(name) == (2**bound if name == "bcrypt" else bound)


@EACH_SCHEME
@pytest.mark.parametrize("tried", [PASSWORD, "wrong\ud800", "a\0b", "x" * 10_000])
async def test_every_check_costs_the_same(
    name: str, tried: str, computed: Callable[[str], int]
) -> None:
    """With an account or without, and with each kind of hash: no time tells."""
    hasher = make_hasher(name)
    most, fewer, more = BOUNDS[name]
    stored = [make_hash(name, rounds) for rounds in (most, fewer, more)]
    stored += [await hasher.hash(PASSWORD), "", "$2b$06$abc", "$pbkdf2-sha256$1$$"]
    computed(name)
    costs = set()
    for hashed in [*stored, None]:
        await hasher.verify(tried, hashed)
        costs.add(computed(name))

    assert costs == {2**most if name == "bcrypt" else most}


def test_the_library_is_loaded_before_threads_need_it() -> None:
    """Two that load it at once would fail: the first sign-ins after a start."""
    code = (
        "import sys; from app.core.security import LegacyScheme, PasswordHasher;"
        "before = 'bcrypt' in sys.modules; PasswordHasher(2, [LegacyScheme('bcrypt', 6)]);"
        "print(before, 'bcrypt' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout == "False True\n"


async def test_a_long_password_of_bcrypt_counts_as_far_as_it_was_hashed() -> None:
    """The library of today refuses more than 72 bytes, which that of yesterday cut off."""
    legacy = make_hash("bcrypt", 4, "p" * 72)
    hasher = make_hasher("bcrypt")

    assert await hasher.verify("p" * 90, legacy)
    assert not await hasher.verify("p" * 71, legacy)
    too_long = await hasher.verify("p" * (MAX_PASSWORD_LENGTH + 1), legacy)
    assert (too_long.matches, too_long.new_hash) == (False, None)


async def test_a_legacy_password_is_not_normalized() -> None:
    """Other backends hashed what was typed."""
    typed = "cafe\u0301 noir et croissant"

    assert await make_hasher("bcrypt").verify(typed, make_hash("bcrypt", 4, typed))


async def test_signing_in_replaces_the_hash(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await make_account(database)
    legacy = make_hash("bcrypt", 4)
    async with database.session() as session:
        await users.set_password(session, account.user_id, legacy)
    scheme = {"legacy_password_schemes": (LegacyScheme("bcrypt", 6),)}
    form = {"grant_type": "password", "username": account.email, "password": PASSWORD}

    async def sign_in(client: AsyncClient, password: str = PASSWORD) -> int:
        response = await client.post("/api/v1/auth/token", data=form | {"password": password})
        return response.status_code

    async with running(create_app(settings)) as client:
        assert await sign_in(client) == 400
    async with running(create_app(settings.model_copy(update=scheme))) as client:
        assert [await sign_in(client, "wrong"), await sign_in(client)] == [400, 200]
    async with database.session(writes=False) as session:
        user = await users.get(session, account.user_id)
    assert user is not None
    assert user.password_hash.startswith("$argon2id$")
    async with running(create_app(settings)) as client:
        assert await sign_in(client) == 200


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("md5_crypt:1", "knows these schemes: bcrypt, pbkdf2_sha256, pbkdf2_sha512"),
        ("bcrypt", "takes the most rounds of a hash after the name, from 4 to 14"),
        ("bcrypt:15", "from 4 to 14"),
        ("bcrypt:3", "from 4 to 14"),
        ("pbkdf2_sha256:2000001", "from 1 to 2000000"),
        ("pbkdf2_sha512:1e3", "from 1 to 2000000"),
        ("bcrypt:" + "9" * 5000, "from 4 to 14"),
        ("bcrypt:10,bcrypt:12", "names a scheme twice"),
    ],
)
def test_a_wrong_scheme_is_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], value: str, reason: str
) -> None:
    with pytest.raises(ConfigurationError, match="LEGACY_PASSWORD_SCHEMES") as caught:
        read(monkeypatch, variables, value)
    assert reason in str(caught.value)


def test_a_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    monkeypatch.setattr(legacy_passwords, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match="uv add bcrypt"):
        read(monkeypatch, variables, "bcrypt:12")
    assert read(monkeypatch, variables, "pbkdf2_sha256:29000, pbkdf2_sha512:25000") == (
        LegacyScheme("pbkdf2_sha256", 29_000),
        LegacyScheme("pbkdf2_sha512", 25_000),
    )


def read(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], value: str
) -> tuple[LegacyScheme, ...]:
    for name, each in (variables | {"LEGACY_PASSWORD_SCHEMES": value}).items():
        monkeypatch.setenv(name, each)
    return load(Settings).legacy_password_schemes
