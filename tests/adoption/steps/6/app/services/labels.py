from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.principal import Principal
from app.crud import labels
from app.db.models.label import Label
from app.schemas.label import LabelIn


async def list_labels(session: AsyncSession, actor: Principal) -> Sequence[Label]:
    return await labels.list_labels(session, actor.id)


async def create_label(session: AsyncSession, actor: Principal, data: LabelIn) -> Label:
    return await labels.create_label(session, actor.require_tenant(), actor.id, data.name)
