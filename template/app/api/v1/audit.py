from typing import Annotated

from fastapi import APIRouter

from app.api.deps import SessionDep, requires
from app.api.paging import PageDep
from app.core.principal import AUDIT_READ, Principal
from app.schemas.audit_event import AuditEventRead
from app.schemas.page import Page
from app.services import audit

router = APIRouter(prefix="/tenant/audit", tags=["tenant"])


@router.get("", response_model=Page[AuditEventRead])
async def list_events(
    session: SessionDep, actor: Annotated[Principal, requires(AUDIT_READ)], page: PageDep
) -> dict[str, object]:
    """What happened to accounts and to the tenant, newest first."""
    return page.cut(await audit.list_events(session, **page.query))
