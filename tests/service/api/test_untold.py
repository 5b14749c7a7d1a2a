"""What happens behind a 202 that does not tell who has an account moves no series either."""

from collections import Counter

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import update

from app.core.config import Settings
from app.db.models.user import User
from app.db.session import Database
from app.main import create_app
from service.support.mailed import NEW, post
from service.support.smtp import Inbox, listening, serving
from tests.platform.support import PASSWORD, Account, running

# What each run moves by its own time and memory.
OF_THE_CLOCK = ("process_", "python_", "event_loop_lag", "service_cpu")
TIMES = ("_created", "_sum", "_bucket")


def read_series() -> Counter[str]:
    return Counter(
        {
            f"{sample.name}{sorted(sample.labels.items())}": int(sample.value)
            for family in REGISTRY.collect()
            # Gauges are read twice a second, whatever the request.
            if not family.name.startswith(OF_THE_CLOCK) and family.type != "gauge"
            for sample in family.samples
            if not sample.name.endswith(TIMES)
        }
    )


async def find_moved(settings: Settings, path: str, inbox: Inbox, **body: str) -> Counter[str]:
    """Returns which series a request moves, all that follows it included, and by how much."""
    async with listening(serving(inbox)) as address:
        changes = {"smtp_url": f"smtp://{address}", "mail_from": "no-reply@shop.example"}
        async with running(create_app(settings.model_copy(update=changes))) as client:
            before = read_series()
            response = await post(client, path, **body)
            assert response.status_code == 202
            return read_series() - before


@pytest.mark.parametrize("reply", [None, "550 No"])
@pytest.mark.parametrize("path", ["register", "verify-email", "password-reset"])
async def test_no_series_tells_who_has_an_account(
    settings: Settings, database: Database, owner: Account, path: str, reply: str | None
) -> None:
    async with database.session() as session:
        await session.execute(update(User).values(verified_at=None))
    given = {"password": PASSWORD} if path == "register" else {}
    replies = [] if reply is None else [reply]
    known = Inbox(replies=[*replies])
    moved_by_known = await find_moved(settings, path, known, email=owner.email, **given)
    moved = await find_moved(settings, path, Inbox(replies=[*replies]), email=NEW, **given)

    assert known.tried == 1
    assert moved == moved_by_known
    assert any(f"/auth/{path}" in series for series in moved)
