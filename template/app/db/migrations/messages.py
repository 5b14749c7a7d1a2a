"""Common errors of migrations in words that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from app.core.settings.errors import ConfigurationError
from app.db.failures import code_of, explain_operation
from app.db.pooler import UnknownPoolerError

LOCK_NOT_AVAILABLE = "55P03"


@contextmanager
def explain_errors() -> Iterator[None]:
    """Raises CommandError, which Alembic prints without a traceback, where there is more to say."""
    try:
        yield
    except (ConfigurationError, UnknownPoolerError) as exc:
        raise CommandError(str(exc)) from None
    except CommandError as exc:
        if "not up to date" not in str(exc):
            raise
        raise CommandError(f"{exc} Run `make migrate` first.") from exc
    except DBAPIError as exc:
        if code_of(exc.orig) != LOCK_NOT_AVAILABLE:
            reason = explain_operation(exc)
            if reason is None:
                raise
            raise CommandError(reason) from exc
        raise CommandError(
            f"Somebody holds a table that is needed for {exc.statement!r}, longer than migrations"
            " make others wait. Its revision is rolled back, those before it are done. Run this"
            " again; pg_stat_activity says who has been in a transaction for long."
        ) from exc
