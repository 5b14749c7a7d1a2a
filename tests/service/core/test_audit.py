"""Names of audit events: the platform's, and those that a service adds."""

import pytest
from sqlalchemy import String

from app.core.audit import MAX_NAME_LENGTH, UNCOUNTED, EventName, SecurityEvent, start_counting
from app.core.config import Settings
from app.core.metrics.series import security_events
from app.db.models.audit_event import AuditEvent
from app.extension_points import Extensions
from app.main import create_app


class ShopEvent(EventName):
    OPENED = "shop.opened"
    CLOSED = "shop.closed"


class SameName(EventName):
    SIGN_IN = "sign_in"


class LongName(EventName):
    LONG = "x" * (MAX_NAME_LENGTH + 1)


def test_names_of_the_team_are_counted_from_the_start(settings: Settings) -> None:
    create_app(settings, Extensions(audit_events=[ShopEvent]))

    counted = {sample.labels["event"] for sample in next(iter(security_events.collect())).samples}
    assert {*ShopEvent, *SecurityEvent} - UNCOUNTED <= counted


@pytest.mark.parametrize(
    ("events", "name"),
    [([SameName], "sign_in"), ([ShopEvent, ShopEvent], "shop"), ([LongName], "xxx")],
)
def test_a_name_that_is_taken_or_too_long_is_refused(
    events: list[type[EventName]], name: str
) -> None:
    with pytest.raises(ValueError, match=f"{name}.*use another name"):
        start_counting(events)


def test_every_name_fits_the_table() -> None:
    column = AuditEvent.__table__.c.event

    assert isinstance(column.type, String)
    assert column.type.length == MAX_NAME_LENGTH
