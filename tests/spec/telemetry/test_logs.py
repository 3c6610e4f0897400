"""Log lines: what they say, and what they must never say."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from natalis.telemetry.logs import log_to
from natalis.telemetry.redaction import redacted, redacted_text

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


def test_logging_anew_goes_to_the_new_stream_alone(stream: io.StringIO) -> None:
    other = io.StringIO()
    log_to(stream, as_json=True)
    log_to(other, as_json=True)

    logging.getLogger("natalis").info("once")

    assert (stream.getvalue(), len(lines(other))) == ("", 1)
