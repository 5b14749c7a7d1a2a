"""Purges what has expired, beside a running service, in small transactions."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.crud import expired, tenants, users
from app.db.base import now
from app.db.expiry import Expiring
from app.db.session import Database
from app.db.tenancy import TenantScoped

# Rows, and tenants, of one transaction.
BATCH = 1000


async def purge(
    database: Database,
    models: Sequence[type[Expiring]],
    retention: Mapping[str, timedelta],
    *,
    batch: int = BATCH,
) -> AsyncIterator[tuple[str, int]]:
    """Yields each table with the number of its rows that were deleted, when it is done.

    What was deleted stays so if a later batch fails. `retention` is how long rows of a table are
    kept after they expired.
    """
    for model in models:
        before = now() - retention.get(model.__tablename__, timedelta())
        if issubclass(model, TenantScoped):
            # No statement reaches the rows of all tenants: docs/architecture.md.
            counts = [
                await _purge(database, model, before, batch, tenant_id)
                async for tenant_id in _tenant_ids(database, batch)
            ]
            yield model.__tablename__, sum(counts)
        else:
            yield model.__tablename__, await _purge(database, model, before, batch)


async def purge_unverified_users(
    database: Database, retention: timedelta, *, batch: int = BATCH
) -> int:
    """Deletes users who never confirmed their address and stopped using the service.

    Returns how many. Their tenants go with them, unless others are in one: then the user stays.
    """
    purged, count = 0, batch
    while count == batch:
        async with database.session() as session:
            count = await users.delete_unverified(session, before=now() - retention, limit=batch)
        purged += count
    return purged


async def _purge(
    database: Database,
    model: type[Expiring],
    before: datetime,
    batch: int,
    tenant_id: UUID | None = None,
) -> int:
    purged = 0
    while True:
        async with database.session(tenant_id=tenant_id) as session:
            count = await expired.delete_batch(session, model, before=before, limit=batch)
        purged += count
        # Less than there is room for: the rest is being deleted by somebody else.
        if count < batch:
            return purged


async def _tenant_ids(database: Database, batch: int) -> AsyncIterator[UUID]:
    last: UUID | None = None
    while True:
        async with database.session(writes=False) as session:
            ids = await tenants.list_ids(session, after=last, limit=batch)
        for last in ids:
            yield last
        if len(ids) < batch:
            return
