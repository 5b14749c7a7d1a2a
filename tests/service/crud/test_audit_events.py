"""A security event is a row, a log line and a count."""

import json
from collections.abc import Callable

import pytest
from httpx2 import AsyncClient
from prometheus_client import REGISTRY
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.db.session import Database
from service.support.audited import read_events
from service.support.tokens import ask_token
from tests.platform.support import Account

Headers = Callable[[Account], dict[str, str]]
ME = "/api/v1/auth/me"


async def test_failures_and_successes_are_audit_events(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    await ask_token(client, password="wrong")
    await ask_token(client)

    assert await read_events(database, owner.tenant_id) == ["sign_in.failed", "sign_in"]


async def test_security_events_are_logged_and_counted(
    client: AsyncClient, owner: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    before = REGISTRY.get_sample_value("security_events_total", {"event": "sign_in.failed"})
    await ask_token(client, password="wrong")
    after = REGISTRY.get_sample_value("security_events_total", {"event": "sign_in.failed"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [logged] = [line for line in lines if line.get("event") == "security"]

    assert (after or 0) - (before or 0) == 1
    assert (logged["kind"], logged["user"]) == ("sign_in.failed", str(owner.user_id))
    assert logged["client"]
    assert "wrong" not in json.dumps(lines)


async def test_an_event_of_a_failed_commit_is_not_reported(
    client: AsyncClient, owner: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Session) -> None:
        raise RuntimeError("the commit failed")

    event.listen(Session, "before_commit", fail)
    try:
        assert (await ask_token(client)).status_code == 500
    finally:
        event.remove(Session, "before_commit", fail)

    assert '"kind":"sign_in"' not in capsys.readouterr().out
