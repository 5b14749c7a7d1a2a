"""Tenants: the user's own, and the one that the token acts in."""

from typing import Annotated

from fastapi import APIRouter, Response, status

from app.api.deps import SessionDep, SignedInDep, StateDep, requires
from app.api.paging import PageDep
from app.api.versions import PreconditionDep, tagged
from app.core.principal import TENANT_DELETE, TENANT_READ, TENANT_UPDATE, Principal
from app.db.models.tenant import Tenant
from app.schemas.page import Page
from app.schemas.tenant import MyTenantRead, TenantRead, TenantWrite
from app.services import tenants

router = APIRouter(tags=["tenant"])


@router.get("/tenants", response_model=Page[MyTenantRead])
async def list_tenants(session: SessionDep, actor: SignedInDep, page: PageDep) -> dict[str, object]:
    """The tenants that the user is in, in the order of joining."""
    rows = await tenants.list_tenants(session, actor, **page.query)
    return page.cut(rows, sorted_by="joined_at")


@router.post("/tenants", response_model=TenantRead, status_code=status.HTTP_201_CREATED)
async def create_tenant(
    session: SessionDep, state: StateDep, actor: SignedInDep, data: TenantWrite, response: Response
) -> Tenant:
    """Makes a tenant that the user owns. To act in it, refresh the token with `tenant`."""
    limit = state["settings"].tenants_per_user
    tenant = await tenants.create_tenant(session, actor, name=data.name, limit=limit)
    return tagged(response, tenant)


@router.get("/tenant", response_model=TenantRead)
async def get_tenant(
    session: SessionDep, actor: Annotated[Principal, requires(TENANT_READ)], response: Response
) -> Tenant:
    return tagged(response, await tenants.get_tenant(session, actor))


@router.patch("/tenant", response_model=TenantRead)
async def update_tenant(
    session: SessionDep,
    actor: Annotated[Principal, requires(TENANT_UPDATE)],
    data: TenantWrite,
    precondition: PreconditionDep,
    response: Response,
) -> Tenant:
    changes = data.model_dump()
    return tagged(response, await tenants.update_tenant(session, actor, changes, precondition))


@router.delete("/tenant", status_code=status.HTTP_204_NO_CONTENT)
async def delete_tenant(
    session: SessionDep,
    actor: Annotated[Principal, requires(TENANT_DELETE)],
    precondition: PreconditionDep,
) -> None:
    """Deletes the tenant with all that is in it."""
    await tenants.delete_tenant(session, actor, precondition)
