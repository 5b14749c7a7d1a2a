import json
import logging
import os
import time
import warnings
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from app.core.config import Settings
from app.core.http.context import request_id
from app.core.logging import configure_logging, write_info

Capture = pytest.CaptureFixture[str]


def read_lines(capsys: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_json_and_knows_its_request(capsys: Capture) -> None:
    configure_logging("INFO")
    token = request_id.set("abc")
    logger.bind(order=7).info("paid {}", "cash")
    request_id.reset(token)

    [line] = read_lines(capsys)
    assert line["message"] == "paid cash"
    assert line["level"] == "INFO"
    assert line["order"] == 7
    assert line["request_id"] == "abc"
    assert line["time"].endswith("+00:00")


def test_the_standard_library_is_written_the_same_way(capsys: Capture) -> None:
    configure_logging("INFO")
    logging.getLogger("some.library").warning("took %s of {braces}", 3)
    logging.getLogger("some.library").log(35, "a level of its own")

    first, second = read_lines(capsys)
    assert first["logger"] == "some.library"
    assert first["message"] == "took 3 of {braces}"
    assert first["level"] == "WARNING"
    assert second["level"] == "Level 35"


def test_a_traceback_is_in_the_line_without_values(capsys: Capture) -> None:
    configure_logging("INFO")
    try:
        password = "hunter2"
        raise RuntimeError(len(password))
    except RuntimeError:
        logger.exception("it broke\nbadly")

    [line] = read_lines(capsys)
    assert line["exception"].startswith("Traceback")
    assert line["exception"].count("Traceback") == 1
    assert line["exception"].endswith("RuntimeError: 7")
    assert "'hunter2'\n" not in line["exception"]


CYCLE: list[Any] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        ([1.5, float("nan")], "[1.5, nan]"),
        ({"deep": [float("inf")]}, "{'deep': [inf]}"),
        ({(1, 2): 3}, "{(1, 2): 3}"),
        (CYCLE, "[[...]]"),
        ("half a pair: \ud800", "half a pair: \ud800"),
        (b"\xff", "b'\\xff'"),
        (2**70, 2**70),
    ],
)
def test_a_line_is_json_whatever_it_says(capsys: Capture, value: Any, written: Any) -> None:
    configure_logging("INFO")
    logger.bind(value=value, order=7).info("measured")

    text = capsys.readouterr().out
    line = json.loads(text, parse_constant=pytest.fail)
    assert line["message"] == "measured"
    assert line["value"] == written
    assert str(line["order"]) == "7"


@pytest.mark.parametrize("value", ["half a pair: \ud800", "\x9b2J\u2028\u202e", "\x00\x1b", "é"])
def test_a_line_of_a_request_is_ascii_and_says_what_it_is_given(
    capsys: Capture, value: str
) -> None:
    configure_logging("INFO")
    write_info(
        "app", "request", {"path": value, "ratio": float("nan"), "user": None, "status": 200}
    )

    text = capsys.readouterr().out
    assert text.isascii()
    line = json.loads(text, parse_constant=pytest.fail)
    assert (line["message"], line["path"], str(line["ratio"]).lower()) == ("request", value, "nan")
    assert str(line["status"]) == "200"


def test_a_line_of_a_request_is_written_at_once_and_as_others_are(capsys: Capture) -> None:
    configure_logging("INFO")
    write_info("app", "request", {"path": "/", "user": None, "status": 200, "duration_ms": 0.25})
    at_once = capsys.readouterr().out
    logger.bind(path="/", user=None, status=200, duration_ms=0.25).info("request")
    with_loguru = capsys.readouterr().out

    assert list(json.loads(at_once))[:4] == list(json.loads(with_loguru))[:4]
    assert at_once[at_once.index('"message"') :].count("\n") == 1
    assert '"path":"/","user":null,"status":200,"duration_ms":0.25' in at_once
    assert '"path":"/","user":null,"status":200,"duration_ms":0.25' in with_loguru


def test_lines_below_the_level_are_not_written(capsys: Capture) -> None:
    configure_logging("WARNING")
    logger.info("quiet")
    logging.getLogger("some.library").info("quiet")

    assert read_lines(capsys) == []


def test_configuring_twice_writes_once(capsys: Capture) -> None:
    configure_logging("INFO")
    configure_logging("INFO")
    logger.info("once")

    assert len(read_lines(capsys)) == 1


@pytest.mark.parametrize(
    ("environment", "log_format", "is_text"),
    [
        ("development", None, True),
        ("test", None, False),
        ("production", None, False),
        ("development", "json", False),
        ("production", "text", True),
    ],
)
def test_the_environment_decides_the_format_unless_it_is_set(
    settings: Settings, environment: str, log_format: str | None, is_text: bool
) -> None:
    changed = {"environment": environment, "log_format": log_format}

    assert settings.model_copy(update=changed).logs_text is is_text


def test_text_has_what_json_has(capsys: Capture) -> None:
    configure_logging("INFO", is_text=True)
    logger.bind(order=7, name="a lamp", user=None).info("paid {}", "cash")
    write_info("app", "request", {"path": "/items/{id}", "user": None, "status": 200})

    first, second = capsys.readouterr().out.splitlines()
    moment, rest = first.split(" ", 1)
    assert datetime.fromisoformat(moment).utcoffset() == timedelta(0)
    assert rest.startswith(f"INFO {__name__}: paid cash ")
    assert 'order=7 name="a lamp"' in rest
    assert second.endswith("INFO app: request path=/items/{id} status=200")
    assert "user=" not in first + second


HOSTILE = "half a pair: \ud800, \x1b[2J\u2028\u202e\n2026-11-26 INFO app: forged\r\x9b2J"


def test_text_is_ascii_that_forges_no_line(capsys: Capture) -> None:
    configure_logging("INFO", is_text=True)
    try:
        raise RuntimeError(HOSTILE)
    except RuntimeError:
        logger.bind(value=HOSTILE, **{HOSTILE: 1}).exception(HOSTILE)
    write_info("app", HOSTILE, {"path": HOSTILE, "ratio": float("nan")})

    text = capsys.readouterr().out
    assert text.isascii()
    assert all(character == "\n" or character.isprintable() for character in text)
    lines = [line for line in text.splitlines() if not line.startswith("    ")]
    assert len(lines) == 2
    assert text.count("    Traceback") == 1


@pytest.mark.parametrize("is_terminal", [True, False])
def test_text_is_colored_on_a_terminal_alone(
    is_terminal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, follower = os.openpty()
    path = os.ttyname(follower) if is_terminal else str(tmp_path / "log")
    with open(path, "w") as output, monkeypatch.context() as patch:  # noqa: PTH123 - a terminal
        patch.setattr("sys.stdout", output)
        configure_logging.cache_clear()
        configure_logging("INFO", is_text=True)
        logger.error("broken")
    configure_logging("INFO")

    written = os.read(leader, 10_000) if is_terminal else Path(path).read_bytes()
    os.close(leader)
    os.close(follower)
    assert b"broken" in written
    assert (b"\x1b[31mERROR\x1b[0m" in written) is is_terminal


def test_times_are_in_utc_wherever_the_process_runs(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    configure_logging("INFO")
    logger.info("now")
    monkeypatch.undo()
    time.tzset()

    [line] = read_lines(capsys)
    assert line["time"].endswith("+00:00")


@pytest.mark.parametrize("is_text", [False, True])
def test_a_field_named_like_a_secret_is_redacted(capsys: Capture, *, is_text: bool) -> None:
    configure_logging("INFO", is_text=is_text)
    names = ["password", "new_passwords", "API_KEY", "refresh_token", "Authorization", "jwt-secret"]
    given = dict.fromkeys(names, "hunter2")
    logger.bind(**given, body={"deep": given}, token_kind="refresh", order=7).info("paid")

    text = capsys.readouterr().out
    assert "hunter2" not in text
    assert text.count("[redacted]") == 2 * len(names)
    assert "refresh" in text.replace("refresh_token", "")


def test_a_dict_that_holds_itself_is_written(capsys: Capture) -> None:
    configure_logging("INFO")
    cycle: dict[str, Any] = {"order": 7}
    cycle["cycle"] = cycle
    logger.bind(cycle=cycle).info("paid")

    [line] = read_lines(capsys)
    assert line["cycle"]["cycle"]["order"] == 7


def test_warnings_are_lines_of_the_log(capsys: Capture) -> None:
    configure_logging.cache_clear()
    # pytest captures warnings itself, and hands them back when the block ends.
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        configure_logging("INFO")
        warnings.warn("old-fashioned", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(capture=False)

    [line] = read_lines(capsys)
    assert (line["level"], line["logger"]) == ("WARNING", "py.warnings")
    assert "old-fashioned" in line["message"]
