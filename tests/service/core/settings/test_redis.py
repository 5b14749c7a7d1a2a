from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from redis.asyncio import ConnectionPool

from app.core.platform_settings import PlatformSettings
from app.core.settings.redis import RedisUrl

SECRET = "Zp3kVd0Rw9sXq7LmTf2HbYc8NgJ5uAe1"


def read(url: str) -> str:
    return TypeAdapter[str](RedisUrl).validate_python(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://cache",
        "redis://cache:6379/0",
        "redis://:p%40ss@[::1]:6379/15?protocol=3&client_name=shop",
        "rediss://user:secret@cache:6380?ssl_cert_reqs=none&ssl_check_hostname=false",
        "unix:///run/redis.sock?db=3",
    ],
)
def test_a_url_of_redis_makes_a_connection(url: str) -> None:
    pool = ConnectionPool.from_url(read(url))

    assert pool.make_connection()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("cache:6379", "must begin with redis:// or rediss:// or unix://"),
        ("cache", "must begin with"),
        ("http://cache", "must begin with"),
        ("redis://", "must have a host"),
        ("redis://cache:port", "port from 1 to 65535"),
        ("redis://cache/first", "the number of a database"),
        ("redis://cache/0/1", "the number of a database"),
        ("unix://", "must name a socket"),
        ("redis://cache?db=first", "these options"),
        ("redis://cache?db=", "these options"),
        ("redis://cache?socket_timeout=60", "these options"),
        ("redis://cache?ssl_cert_reqs=none", "these options"),
        ("rediss://cache?ssl_cert_reqs=CERT_NONE", "these options"),
        ("redis://cache?sll_ca_certs=x", "these options"),
    ],
)
def test_another_url_is_refused(url: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        read(url)


@pytest.mark.parametrize(("url", "refused"), [(None, ["WORKERS"]), ("redis://cache", [])])
def test_several_workers_share_their_limits(url: str | None, refused: list[str]) -> None:
    given: dict[str, Any] = {
        "environment": "development",
        "jwt_secret": SECRET,
        "workers": 2,
        "redis_url": url,
    }
    reasons = PlatformSettings(_env_file=None, **given).refusals()

    assert [reason.partition(":")[0] for reason in reasons] == refused
    assert all("REDIS_URL" in reason for reason in reasons)
