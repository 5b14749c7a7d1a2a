import anyio
import pytest
from anyio import to_thread

from app.core import security
from app.core.security import PasswordHasher

PASSWORD = "correct horse battery staple"


@pytest.fixture
def hasher() -> PasswordHasher:
    return PasswordHasher(workers=2)


async def test_a_hash_is_argon2id_with_the_parameters_of_owasp(hasher: PasswordHasher) -> None:
    hashed = await hasher.hash(PASSWORD)

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await hasher.verify(PASSWORD, hashed)
    assert not await hasher.verify(PASSWORD + " ", hashed)


async def test_two_hashes_of_one_password_differ(hasher: PasswordHasher) -> None:
    assert await hasher.hash(PASSWORD) != await hasher.hash(PASSWORD)


@pytest.mark.parametrize("hashed", ["", "not a hash", "$2b$12$abc", "$argon2id$v=19$m=1$$"])
async def test_what_is_no_hash_fits_nothing(hasher: PasswordHasher, hashed: str) -> None:
    assert not await hasher.verify(PASSWORD, hashed)


async def test_nobody_costs_what_somebody_costs(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []

    def note(password: str, hashed: str) -> bool:
        verified.append(hashed)
        return True

    monkeypatch.setattr(security, "_verify", note)

    assert await hasher.verify(PASSWORD, None) is False
    assert verified[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_only_so_many_hash_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And in threads: the event loop goes on meanwhile."""
    running: list[int] = []
    most = 0

    async def note(*_: object, limiter: anyio.CapacityLimiter) -> str:
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
