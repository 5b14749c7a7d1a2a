"""Each error that is logged goes to Sentry, without anything that a request or a variable holds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from loguru import logger
from pydantic import SecretStr

from app.core.settings import project
from app.core.settings.platform_version import PLATFORM_VERSION

if TYPE_CHECKING:
    from loguru import Message, Record
    from sentry_sdk import Client

# In seconds: how long a process that ends waits for what is not sent yet.
FLUSH_SECONDS = 1.0
# Uvicorn logs errors that are logged already. The other two would report what becomes of reports.
_SILENT = ("sentry_sdk", "urllib3", "uvicorn")
_TAGS = ("request_id", "tenant")


@asynccontextmanager
async def errors_sent(dsn: SecretStr | None, environment: str, version: str) -> AsyncIterator[None]:
    """Sends errors while the block lasts, from a thread of its own: no request waits for Sentry."""
    if dsn is None:
        yield
        return
    client = make_client(dsn.get_secret_value(), environment, version)

    def send(message: "Message") -> None:
        client.capture_event(make_event(message.record, client.options))

    handler = logger.add(send, level="ERROR", format="", filter=_is_reported)
    try:
        yield
    finally:
        logger.remove(handler)
        await to_thread.run_sync(client.close, FLUSH_SECONDS)


def make_client(dsn: str, environment: str, version: str) -> "Client":
    """Returns a client that sends what it is given, and collects nothing by itself."""
    # It takes a tenth of a second, and urllib3 opens a socket when it is imported.
    from sentry_sdk import Client  # noqa: PLC0415 - only with a DSN

    return Client(
        dsn=dsn,
        environment=environment,
        release=f"{project.SLUG}@{version}",
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        enable_backpressure_handling=False,
        spotlight=False,
    )


def make_event(record: "Record", options: dict[str, Any]) -> Any:
    """Returns what is sent: where it happened, and the ids by which the log has the rest.

    Messages stay here: that of an exception often quotes a value, and that of a line may.
    """
    extra = record["extra"]
    place = f"{record['name']}.{record['function']}"
    event: Any = {"message": f"Error in {extra.get('logger', place)}"}
    if record["exception"] is not None and record["exception"].value is not None:
        from sentry_sdk.utils import event_from_exception  # noqa: PLC0415 - as above

        mechanism = {"type": "log", "handled": False}
        event, _ = event_from_exception(record["exception"].value, options, mechanism)
        for error in event["exception"]["values"]:
            error["value"] = ""
    ids = {name: str(extra[name]) for name in _TAGS if extra.get(name)}
    event |= {
        "level": "error",
        "logger": extra.get("logger", place),
        "tags": {"platform": PLATFORM_VERSION, **ids},
        "transaction": extra.get("route"),
    }
    if "trace_id" in extra:
        event["contexts"] = {"trace": {name: extra[name] for name in ("trace_id", "span_id")}}
    return event


def _is_reported(record: "Record") -> bool:
    """Of a library, only what has a traceback: the rest is in its message."""
    library = record["extra"].get("logger")
    if library is None:
        return True
    return record["exception"] is not None and not library.startswith(_SILENT)
