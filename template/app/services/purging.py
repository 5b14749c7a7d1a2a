"""Purges what has expired, beside a running service: in small transactions, which hold no one up."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.crud import expired, tenants
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
