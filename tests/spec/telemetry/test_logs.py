"""Log lines: what they say, and what they must never say."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from natalis.telemetry.logs import OTHERS, log_to
from natalis.telemetry.redaction import redacted, redacted_text

SECRET = "nat_" + "x" * 43


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged while a test runs; afterwards the logger is as it was."""
    loggers = [logging.getLogger(name) for name in ("natalis", *OTHERS)]
    before = [(list(logger.handlers), logger.level, logger.propagate) for logger in loggers]
    yield io.StringIO()
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.level, logger.propagate = handlers, level, propagate


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


@pytest.mark.parametrize("library", ["asyncpg.pool", "asyncio", "redis", "pika.adapters", "aiohttp.client"])
def test_what_a_library_warns_of_is_a_line_like_any_other(stream: io.StringIO, library: str) -> None:
    log_to(stream, as_json=True)

    logging.getLogger(library).error("gone: postgresql://natalis:hunter2@db/natalis\nand more")
    logging.getLogger(library).info("chatter")

    (line,) = lines(stream)
    assert (line["log.logger"], line["log.level"]) == (library, "error")
    assert "hunter2" not in line["message"]


def test_a_library_that_was_told_to_be_quiet_stays_so(stream: io.StringIO) -> None:
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    log_to(stream, as_json=True)

    logging.getLogger("pika").error("what we raise in fewer words")

    assert stream.getvalue() == ""
