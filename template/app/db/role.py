"""Whether policies bind the role that the service connects as, and whether its settings hold."""

from loguru import logger
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.pooler import SETTINGS_HOLD, UnknownPoolerError, pooler_recognized


class UnboundRoleError(Exception):
    """The database would show this role the rows of every tenant."""


class RoleCheck:
    """Refuses a connection without policies or limits, and outside production only reports it."""

    def __init__(self, engine: AsyncEngine, *, required: bool) -> None:
        self._engine = engine
        self.required = required

    async def ping(self) -> None:
        """Passes on SQLite, which has neither roles nor policies.

        Raises:
            UnboundRoleError: for a superuser, and for a role with BYPASSRLS.
            UnknownPoolerError: for a pooler that the settings do not name.
        """
        if self._engine.dialect.name != "postgresql":
            return
        with pooler_recognized():
            await self._check_connection()

    async def _check_connection(self) -> None:
        async with self._engine.connect() as connection:
            if not await connection.scalar(SETTINGS_HOLD):
                raise UnknownPoolerError
            found = await connection.execute(
                text(
                    "SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles"
                    " WHERE rolname = current_user"
                )
            )
        name, is_unbound = found.one()
        if is_unbound:
            raise UnboundRoleError(
                f"DATABASE_URL: the role {name} passes every policy that keeps tenants apart;"
                " connect as one that is made with NOSUPERUSER NOBYPASSRLS (it may own the tables)"
            )

    async def check_at_start(self) -> None:
        """Raises what `ping` does when required. A database that is away is left to readiness."""
        try:
            await self.ping()
        except (UnboundRoleError, UnknownPoolerError) as exc:
            if self.required:
                raise
            logger.warning(str(exc))
        except Exception as exc:  # noqa: BLE001 - drivers raise what they like
            logger.bind(error=repr(exc)).warning("the database does not respond at the start")
