from typing import Annotated

from fastapi import APIRouter

from app.api.deps import SessionDep, StateDep, requires
from app.core.principal import TENANT_READ, Principal
from app.schemas.stats import TenantStatsRead
from app.services import stats

router = APIRouter(prefix="/tenant/stats", tags=["tenant"])


@router.get("")
async def get_tenant_stats(
    session: SessionDep, state: StateDep, actor: Annotated[Principal, requires(TENANT_READ)]
) -> TenantStatsRead:
    """Counts the tenant's members by role; the numbers may be a little old."""
    ttl_seconds = state["settings"].cache_ttl
    return await stats.get_tenant_stats(session, state["cache"], actor, ttl_seconds=ttl_seconds)
