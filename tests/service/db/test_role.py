import pytest
from sqlalchemy.exc import OperationalError

from app.context import open_settings_database
from app.core.config import Settings
from app.db.role import RoleCheck, UnboundRoleError
from app.db.session import Database
from app.main import create_app
from tests.platform.support import running


async def find_superuser(_: RoleCheck) -> None:
    raise UnboundRoleError("the role postgres passes every policy")


async def test_the_role_of_the_tests_is_bound_by_policies(database: Database) -> None:
    await RoleCheck(database.engine, required=True).check_at_start()


async def test_a_role_that_passes_every_policy_is_refused_in_production(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RoleCheck, "ping", find_superuser)
    production = settings.model_copy(update={"environment": "production", "trusted_hosts": ("a",)})

    # SQLite has no roles, but it is a database that production refuses before it would ask.
    monkeypatch.setattr(Settings, "refusals", lambda _: [])
    with pytest.raises(UnboundRoleError, match="the role postgres passes every policy"):
        async with running(create_app(production)):
            pass


async def test_elsewhere_it_is_only_reported(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RoleCheck, "ping", find_superuser)

    async with running(create_app(settings)) as client:
        response = await client.get("/health/ready")

    assert response.json()["checks"]["role"] == "failed"


async def test_a_database_that_is_away_keeps_no_process_from_starting(settings: Settings) -> None:
    away = settings.model_copy(
        update={"database_url": "postgresql+asyncpg://app:secret@127.0.0.1:1/app"}
    )
    async with open_settings_database(away) as database:
        check = RoleCheck(database.engine, required=True)

        await check.check_at_start()
        with pytest.raises(OperationalError):
            await check.ping()
