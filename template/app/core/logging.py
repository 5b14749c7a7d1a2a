"""One JSON line per event on standard output, whichever library wrote it."""

import json
import logging
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loguru import logger

from app.core.http.context import request_id, request_id_from_client

if TYPE_CHECKING:
    from loguru import Message, Record


class InterceptHandler(logging.Handler):
    """Hands the records of the standard library's loggers to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        logger.bind(logger=record.name).opt(exception=record.exc_info).log(
            level, record.getMessage()
        )


def _add_request_id(record: "Record") -> None:
    record["extra"].setdefault("request_id", request_id.get())
    if request_id_from_client.get():
        record["extra"]["request_id_from_client"] = True


def _write_json(message: "Message") -> None:
    record = message.record
    line = {
        "time": record["time"].isoformat(),
        "level": record["level"].name,
        "logger": record["name"],
        "message": record["message"],
        **record["extra"],
    }
    if record["exception"] is not None:
        # The message is formatted as nothing, and loguru puts the traceback below it.
        line["exception"] = str(message).strip()
    sys.stdout.write(_to_json(line) + "\n")
    sys.stdout.flush()


def _to_json(line: dict[str, Any]) -> str:
    try:
        return json.dumps(line, default=str, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        # NaN, a key that is no text, a cycle: readers of JSON refuse the line, or it cannot be made.
        return json.dumps({name: str(value) for name, value in line.items()})


@lru_cache(maxsize=1)
def configure_logging(level: str) -> None:
    """Makes loguru the only writer of the process; again, for another level than the last one."""
    logger.remove()
    logger.configure(patcher=_add_request_id)
    # diagnose would print local variables, and with them passwords, into tracebacks.
    logger.add(_write_json, level=level, format="", diagnose=False, backtrace=False)

    logging.basicConfig(handlers=[InterceptHandler()], level=level, force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # The access log is ours: uvicorn's would say everything twice.
    logging.getLogger("uvicorn.access").disabled = True
