from sqlalchemy.ext.asyncio import AsyncSession

from app.cache.read_through import Cache
from app.core.principal import Principal
from app.crud import stats
from app.schemas.stats import TenantStatsRead


async def get_tenant_stats(
    session: AsyncSession, cache: Cache, actor: Principal, *, ttl_seconds: int
) -> TenantStatsRead:
    """Counts the members of the actor's tenant, at most `ttl_seconds` ago."""
    tenant_id = actor.require_tenant()

    async def load() -> TenantStatsRead:
        return TenantStatsRead(members=await stats.count_members(session, tenant_id))

    return await cache.read_through(
        tenant_id, "members", TenantStatsRead, load, ttl_seconds=ttl_seconds
    )
