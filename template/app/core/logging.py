"""One line per event on standard output, whichever library wrote it."""

import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from loguru import logger

from app.core.http.context import request_id, request_id_from_client
from app.core.http.trace import trace
from app.core.log_lines import Format, as_colored_text, as_json, as_json_fast, as_text, redact

if TYPE_CHECKING:
    from loguru import Message, Record

_INFO = 20
# For what does not go through loguru: the level that the process logs at, and how a line is written.
_level = {"no": _INFO}
# Of what loguru calls, the ones that are ours: others may stand beside.
_handlers: list[int] = []
_formats: dict[str, Format] = {"fast": as_json_fast, "any": as_json}


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


def _add_ids(record: "Record") -> None:
    record["extra"].setdefault("request_id", request_id.get())
    if request_id_from_client.get():
        record["extra"]["request_id_from_client"] = True
    if current := trace.get():
        record["extra"].update(trace_id=current.trace_id, span_id=current.span_id)


def _write_record(message: "Message") -> None:
    record = message.record
    line = {
        "time": record["time"].astimezone(UTC).isoformat(),
        "level": record["level"].name,
        "logger": record["name"],
        "message": record["message"],
        **redact(record["extra"]),
    }
    if record["exception"] is not None:
        # The message is formatted as nothing, and loguru puts the traceback below it.
        line["exception"] = str(message).strip()
    _write(_formats["any"](line))


def write_info(name: str, message: str, fields: Mapping[str, object]) -> None:
    """Writes a line of level INFO as loguru does it, at a tenth of the cost: one for each request."""
    if _level["no"] > _INFO:
        return
    time = datetime.now(UTC).isoformat()
    line = {"time": time, "level": "INFO", "logger": name, "message": message, **fields}
    try:
        _write(_formats["fast"](line))
    except (OSError, ValueError):
        # A full disk or a closed pipe costs lines, and no response. Of its own lines loguru says so on
        # standard error.
        return


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@lru_cache(maxsize=1)
def configure_logging(level: str, *, is_text: bool = False) -> None:
    """Makes loguru the only writer of the process; again, for other arguments than the last ones."""
    text = as_colored_text if sys.stdout.isatty() else as_text
    _formats["fast"] = text if is_text else as_json_fast
    _formats["any"] = text if is_text else as_json
    logger.remove()
    logger.configure(patcher=_add_ids)
    logging.basicConfig(handlers=[InterceptHandler()], force=True)
    logging.captureWarnings(capture=True)
    set_level(level, of_libraries=level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # The access log is ours: uvicorn's would say everything twice.
    logging.getLogger("uvicorn.access").disabled = True


def set_level(level: str, *, of_libraries: str) -> None:
    """Sets the least level that is logged: of what the service itself logs, and of its libraries."""
    for handler in _handlers:
        with suppress(ValueError):
            logger.remove(handler)
    _level["no"] = logger.level(level).no
    # diagnose would print local variables, and with them passwords, into tracebacks.
    _handlers[:] = [
        logger.add(_write_record, level=level, format="", diagnose=False, backtrace=False)
    ]
    logging.getLogger().setLevel(of_libraries)
