from datetime import UTC, datetime, timedelta

import jwt
import pytest

from app.auth.old_tokens import OldTokens

KEY = "only for tests, and long enough for HS256"
SOON = datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("key", "until", "expires", "user"),
    [
        (KEY, SOON, SOON, 1),
        (KEY, SOON - timedelta(hours=2), SOON, None),
        (KEY, None, SOON, None),
        (KEY, SOON, SOON - timedelta(hours=2), None),
        ("another key, which is long enough as well", SOON, SOON, None),
        ("", SOON, SOON, None),
    ],
)
def test_a_token_is_read_until_its_time(
    key: str, until: datetime | None, expires: datetime, user: int | None
) -> None:
    token = jwt.encode({"sub": "1", "exp": expires}, KEY, algorithm="HS256")

    assert OldTokens(key, until).read(token) == user
