"""Log lines: what they say, and what they must never say."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.domain.events import AttemptEnded, BreakerMoved, Event, Missed, Planned, Quarantined, Returned
from natalis.telemetry.logs import EventLog, log_to
from natalis.telemetry.redaction import redacted, redacted_text

KEY = DeliveryKey("u1", "birthday", date(2026, 12, 10))
NINE = datetime(2026, 12, 10, 9, tzinfo=UTC)
SECRET = "nat_" + "x" * 43


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged while a test runs; afterwards the logger is as it was."""
    logger = logging.getLogger("natalis")
    before = (list(logger.handlers), logger.level, logger.propagate)
    yield io.StringIO()
    logger.handlers, logger.level, logger.propagate = before


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def an_end(outcome: str, *, final: bool = True) -> AttemptEnded:
    return AttemptEnded(KEY, outcome, final, "Ada Lovelace", "Europe/London", NINE, NINE, timedelta(seconds=1), False)


def test_a_line_for_machines_has_the_names_of_ecs(stream: io.StringIO) -> None:
    log_to(stream, as_json=True)

    logging.getLogger("natalis.api").info("answered", extra={"ecs": {"http.response.status_code": 200}})

    (line,) = lines(stream)
    assert datetime.fromisoformat(line["@timestamp"]).tzinfo is not None
    assert line["log.level"] == "info"
    assert line["message"] == "answered"
    assert line["service.name"] == "natalis"
    assert line["http.response.status_code"] == 200


def test_a_line_for_people_is_one_line(stream: io.StringIO) -> None:
    log_to(stream, as_json=False)

    logging.getLogger("natalis").warning("a\r\nforged \x1b[31mline", extra={"ecs": {"natalis.kind": "x\ny"}})

    (line,) = stream.getvalue().splitlines()
    assert r"a\r\nforged \x1b[31mline  kind=x\ny" in line


def test_an_error_carries_its_traceback_without_secrets(stream: io.StringIO) -> None:
    log_to(stream, as_json=True)
    try:
        int(f"redis://user:hunter2@cache and {SECRET}")
    except ValueError:
        logging.getLogger("natalis").exception("failed")

    (line,) = lines(stream)
    assert line["error.type"] == "ValueError"
    assert "Traceback" in line["error.stack_trace"]
    assert "hunter2" not in stream.getvalue()
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org is taken",
        f"token {SECRET}",
        "Authorization: Bearer abc.def-ghi",
        "postgres://natalis:hunter2@db/natalis",
        "<ada.lovelace+news@mail.example.org>",
    ],
)
def test_what_looks_like_a_secret_or_an_address_is_left_out(text: str) -> None:
    cleaned = redacted_text(text)

    assert "[redacted]" in cleaned
    for telling in ("ada", SECRET, "abc.def-ghi", "hunter2"):
        assert telling not in cleaned


def test_fields_with_telling_names_are_left_out_however_deep() -> None:
    fields = {
        "http": {"Authorization": "x", "path": "/user"},
        "user.email": "y",
        "tokens": ["z"],
        "many": ["a@b.example"],
    }

    assert redacted(fields) == {
        "http": {"Authorization": "[redacted]", "path": "/user"},
        "user.email": "[redacted]",
        "tokens": "[redacted]",
        "many": ["[redacted]"],
    }


@pytest.mark.parametrize(
    "event",
    [
        an_end("refused"),
        Missed((KEY,)),
        Quarantined("u1", "birthday", "no such zone"),
        BreakerMoved("http", "open"),
        Returned(1, 0),
    ],
)
def test_what_a_person_should_look_at_is_a_warning(stream: io.StringIO, event: Event) -> None:
    log_to(stream, as_json=True)

    EventLog().record(event)

    assert [line["log.level"] for line in lines(stream)] == ["warning"]


@pytest.mark.parametrize("event", [an_end("delivered"), an_end("deferred", final=False), Planned(3)])
def test_the_ordinary_is_silent(stream: io.StringIO, event: Event) -> None:
    log_to(stream, as_json=True)

    EventLog().record(event)

    assert stream.getvalue() == ""


@pytest.mark.parametrize("line_of", [an_end])
def test_nobodys_name_reaches_the_log(stream: io.StringIO, line_of: Callable[[str], AttemptEnded]) -> None:
    log_to(stream, as_json=True, level=logging.DEBUG)

    EventLog().record(line_of("delivered"))

    assert lines(stream)[0]["natalis.delivery"] == str(KEY)
    assert "Ada" not in stream.getvalue()


def test_logging_anew_goes_to_the_new_stream_alone(stream: io.StringIO) -> None:
    other = io.StringIO()
    log_to(stream, as_json=True)
    log_to(other, as_json=True)

    logging.getLogger("natalis").info("once")

    assert (stream.getvalue(), len(lines(other))) == ("", 1)
