import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from anyio import CapacityLimiter, to_thread
from argon2 import low_level
from argon2.exceptions import VerifyMismatchError

from app.core import security
from app.core.errors import ServiceUnavailableError
from app.core.security import QUEUE_PER_WORKER, PasswordHasher
from service.support.series import moving
from tests.platform.support import password_hash

PASSWORD = "correct horse battery staple"
# As it is typed on one machine and on another.
COMPOSED, DECOMPOSED = "caf\u00e9 noir et croissant", "cafe\u0301 noir et croissant"


@pytest.fixture
def hasher() -> PasswordHasher:
    return PasswordHasher(workers=2)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what Argon2 computes, and not what it refuses to compute."""
    counts: Counter[str] = Counter()

    def counting(name: str) -> Callable[..., Any]:
        compute = getattr(low_level, name)

        def count(*values: Any, **named: Any) -> Any:
            try:
                result = compute(*values, **named)
            except VerifyMismatchError:
                counts[name] += 1
                raise
            counts[name] += 1
            return result

        return count

    for name in ("hash_secret", "verify_secret"):
        monkeypatch.setattr(low_level, name, counting(name))
    return counts


async def test_a_hash_is_argon2id_with_the_parameters_of_owasp(hasher: PasswordHasher) -> None:
    hashed = await hasher.hash(PASSWORD)

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await hasher.verify(PASSWORD, hashed)
    assert not await hasher.verify(PASSWORD + " ", hashed)


async def test_two_hashes_of_one_password_differ(hasher: PasswordHasher) -> None:
    assert await hasher.hash(PASSWORD) != await hasher.hash(PASSWORD)


@pytest.mark.parametrize("tried", [PASSWORD, "wrong", "x" * 257, "x" * 10_000, "", "\0", "\ud800"])
@pytest.mark.parametrize(
    "stored",
    [
        *("one", None, "", "no hash", "$2b$12$abc", "$argon2id$v=19$m=1$$"),
        "$argon2id$v=19$m=8,t=1,p=1,keyid=abc$c2FsdHNhbHQ$abc",
    ],
)
async def test_a_verification_costs_one_hash(
    hasher: PasswordHasher, tried: str, stored: str | None, computed: Counter[str]
) -> None:
    """So that no account stands out: none, one with this password, one that is broken."""
    hashed = await hasher.hash(PASSWORD) if stored == "one" else stored
    computed.clear()
    check = await hasher.verify(tried, hashed)

    assert check.matches is (tried == PASSWORD and stored == "one")
    assert check.new_hash is None
    assert computed == {"verify_secret": 1}


async def test_a_hash_of_other_parameters_is_renewed(
    hasher: PasswordHasher, computed: Counter[str]
) -> None:
    weak = password_hash()
    computed.clear()
    check = await hasher.verify(PASSWORD, weak)

    assert computed == {"verify_secret": 1, "hash_secret": 1}
    assert check.matches
    assert check.new_hash is not None
    assert check.new_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    again = await hasher.verify(PASSWORD, check.new_hash)
    assert (again.matches, again.new_hash) == (True, None)


@pytest.mark.parametrize(
    "cost",
    [
        "m=131073,t=1,p=1",
        "m=131072,t=5,p=1",
        "m=8,t=65537,p=1",
        "m=4096,t=1,p=17",
        "m=9999999,t=2,p=1",
    ],
)
async def test_a_hash_of_absurd_parameters_is_never_computed(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch, cost: str
) -> None:
    """It costs what an unknown address costs: the dummy hash."""
    verified: list[bytes] = []

    def match(hashed: bytes, *_: object) -> bool:
        verified.append(hashed)
        return True

    monkeypatch.setattr(low_level, "verify_secret", match)
    salt_and_digest = password_hash().split("$", 4)[4]
    await hasher.verify(PASSWORD, None)
    dummy = verified.pop()

    check = await hasher.verify(PASSWORD, f"$argon2id$v=19${cost}${salt_and_digest}")

    assert (check.matches, check.new_hash) == (False, None)
    assert verified == [dummy]


@pytest.mark.parametrize("cost", ["m=131072,t=1,p=1", "m=65536,t=4,p=4", "m=102400,t=2,p=8"])
async def test_a_hash_of_larger_parameters_verifies(hasher: PasswordHasher, cost: str) -> None:
    """The defaults of other backends, and what this one may have had."""
    memory, passes, lanes = (int(each.split("=")[1]) for each in cost.split(","))
    larger = low_level.hash_secret(
        PASSWORD.encode(), b"salt" * 4, passes, memory, lanes, 32, low_level.Type.ID
    ).decode()
    check = await hasher.verify(PASSWORD, larger)

    assert check.matches
    assert check.new_hash is not None
    assert "$m=19456,t=2,p=1$" in check.new_hash


async def test_only_a_password_that_fits_renews_a_hash(
    hasher: PasswordHasher, computed: Counter[str]
) -> None:
    weak = password_hash()
    computed.clear()
    check = await hasher.verify("wrong", weak)

    assert (check.matches, check.new_hash) == (False, None)
    assert computed == {"verify_secret": 1}


async def test_the_dummy_hash_has_todays_parameters(hasher: PasswordHasher) -> None:
    hashed = await hasher.hash(PASSWORD)

    assert security._DUMMY_HASH.split("$")[:4] == hashed.split("$")[:4]


@pytest.mark.parametrize(("one", "other"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
async def test_a_password_is_the_same_however_it_is_typed(
    hasher: PasswordHasher, one: str, other: str
) -> None:
    assert one != other
    assert await hasher.verify(other, await hasher.hash(one))


async def test_length_counts_to_its_end_and_no_further(hasher: PasswordHasher) -> None:
    """In characters as composed: these are 256 of three code points each, and of three bytes."""
    longest = "e\u0302\u0301" * 256
    hashed = await hasher.hash(longest)

    assert await hasher.verify(longest, hashed)
    assert not await hasher.verify(longest + "e", hashed)
    assert not await hasher.verify(longest[:-1], hashed)
    with pytest.raises(ValueError, match="longer"):
        await hasher.hash(longest + "e")


@pytest.mark.parametrize("password", ["\0", "a\0b", "\ud800"])
async def test_no_text_breaks_the_hasher(hasher: PasswordHasher, password: str) -> None:
    hashed = await hasher.hash(password)

    assert await hasher.verify(password, hashed)
    assert not await hasher.verify(password[:-1], hashed)


async def test_concurrent_hashes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """And in threads: the event loop goes on meanwhile."""
    running: list[int] = []
    most = 0

    async def note(_: object, *, limiter: CapacityLimiter) -> str:
        nonlocal most
        async with limiter:
            running.append(1)
            most = max(most, len(running))
            await anyio.sleep(0.01)
            running.pop()
        return "hash"

    monkeypatch.setattr(to_thread, "run_sync", note)
    hasher = PasswordHasher(workers=2)
    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(hasher.hash, PASSWORD)

    assert most == 2


async def test_pending_hashes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    outcomes: Counter[str] = Counter()

    def wait(_: str) -> str:
        go_on.wait()
        return "hash"

    async def hash_one() -> None:
        try:
            outcomes[await busy.hash(PASSWORD)] += 1
        except ServiceUnavailableError as exc:
            outcomes[exc.headers["Retry-After"]] += 1
            go_on.set()

    monkeypatch.setattr(security, "_hash", wait)
    busy = PasswordHasher(workers=2)
    capacity = 2 + 2 * QUEUE_PER_WORKER
    with moving("password_hashes_refused_total", by=3):
        async with anyio.create_task_group() as tasks:
            for _ in range(capacity):
                tasks.start_soon(hash_one)
            await anyio.wait_all_tasks_blocked()
            assert [read() for _, read in busy.readings()] == [capacity, capacity]
            for _ in range(3):
                tasks.start_soon(hash_one)

    assert outcomes == {"hash": capacity, "1": 3}
    assert await busy.hash(PASSWORD) == "hash"
