"""Log lines: what they say, and what they must never say."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.instrument.logs import FIELDS, OTHERS, JsonLines, log_to, request_id
from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.traces import NoSpan
from plimsoll.instrument.traces.w3c import SpanContext

SECRET = "shop_" + "x" * 43
REDACTION = Redaction(prefixes=("shop_",))
redacted_text = REDACTION.text
redacted = REDACTION.fields


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged while a test runs, by loggers that nobody has told anything; afterwards they are as they were."""
    loggers = [logging.getLogger(name) for name in ("shop", *OTHERS)]
    before = [(list(logger.handlers), logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.NOTSET)
    yield io.StringIO()
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def log(stream: io.StringIO, *, as_json: bool = True) -> None:
    log_to(stream, service="shop", loggers=("shop",), as_json=as_json, redaction=REDACTION)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_for_machines_has_the_names_of_ecs(stream: io.StringIO) -> None:
    log(stream)

    logging.getLogger("shop.api").info("answered", extra={"ecs": {"http.response.status_code": 200}})

    (line,) = lines(stream)
    assert datetime.fromisoformat(line["@timestamp"]).tzinfo is not None
    assert line["log.level"] == "info"
    assert line["message"] == "answered"
    assert line["service.name"] == "shop"
    assert line["http.response.status_code"] == 200


def test_a_line_for_people_is_one_line(stream: io.StringIO) -> None:
    log(stream, as_json=False)

    logging.getLogger("shop").warning("a\r\nforged \x1b[31mline", extra={"ecs": {"shop.kind": "x\ny"}})

    (line,) = stream.getvalue().splitlines()
    assert r"a\r\nforged \x1b[31mline  kind=x\ny" in line


def test_an_error_carries_its_traceback_without_secrets(stream: io.StringIO) -> None:
    log(stream)
    try:
        int(f"redis://user:hunter2@cache and {SECRET}")
    except ValueError:
        logging.getLogger("shop").exception("failed")

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
        "GET /unsubscribe?user=1&token=hunter2&x=1",
        "connect(user='x', password=hunter2)",
        "connect(user='x', password='hunter2 and more')",
        "{'api_key': 'hunter2', 'x': 1}",
        '{"client_secret": "hunter2"}',
        "refused: Cookie: session=hunter2; theme=dark",
        "Set-Cookie: sid=hunter2; Path=/",
        "got Authorization: Digest hunter2",
        "password: hunter2",
        "X-Api-Key: hunter2",
        "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.hunter2hunter2",
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
    log(stream)
    log(other)

    logging.getLogger("shop").info("once")

    assert (stream.getvalue(), len(lines(other))) == ("", 1)


@pytest.mark.parametrize("library", ["asyncpg.pool", "asyncio", "redis", "pika.adapters", "aiohttp.client"])
def test_what_a_library_warns_of_is_a_line_like_any_other(stream: io.StringIO, library: str) -> None:
    log(stream)

    logging.getLogger(library).error("gone: postgresql://natalis:hunter2@db/natalis\nand more")
    logging.getLogger(library).info("chatter")

    (line,) = lines(stream)
    assert (line["log.logger"], line["log.level"]) == (library, "error")
    assert "hunter2" not in line["message"]


def test_a_library_that_was_told_to_be_quiet_stays_so(stream: io.StringIO) -> None:
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    log(stream)

    logging.getLogger("pika").error("what we raise in fewer words")

    assert stream.getvalue() == ""


def test_a_line_says_which_request_and_which_trace_it_belongs_to(stream: io.StringIO) -> None:
    log(stream)
    token = request_id.set("0123456789abcdef")
    with NoSpan(SpanContext(0xA1, 0xB2, is_sampled=False)):
        logging.getLogger("shop").info("answered")
    request_id.reset(token)
    logging.getLogger("shop").info("idle")

    within, without = lines(stream)
    assert within["http.request.id"] == "0123456789abcdef"
    assert (within["trace.id"], within["span.id"]) == (f"{0xA1:032x}", f"{0xB2:016x}")
    assert not {"http.request.id", "trace.id", "span.id"} & without.keys()


def test_a_value_that_json_does_not_know_is_cleaned_as_its_text(stream: io.StringIO) -> None:
    log(stream)

    fields = {"error": ValueError("ada@example.org is taken"), "raw": b"Bearer abc.def", "of": {"ada@example.org"}}
    logging.getLogger("shop").info("refused", extra={FIELDS: fields})

    assert "ada" not in stream.getvalue()
    assert "abc.def" not in stream.getvalue()


def test_half_a_character_does_not_cost_a_line(stream: io.StringIO) -> None:
    log(stream)

    logging.getLogger("shop").info("name \ud800", extra={FIELDS: {"user.name": "\udfff"}})

    (line,) = lines(stream)
    assert "name" in line["message"]


@pytest.mark.parametrize("created", [0.0, 1_700_000_000.0, 1_700_000_000.9996, 1_700_000_001.25])
def test_the_time_of_a_line_is_utc_in_milliseconds(created: float) -> None:
    formatter = JsonLines("shop", REDACTION)
    record = logging.LogRecord("shop", logging.INFO, "", 0, "x", None, None)
    record.created = created

    told = datetime.fromisoformat(json.loads(formatter.format(record))["@timestamp"])

    assert 0 <= created - told.timestamp() < 0.001 + 1e-6


@given(st.text(), st.text(alphabet="ab.@%+-_ =:'\"", max_size=40))
def test_no_address_gets_through_whatever_is_around_it(before: str, after: str) -> None:
    cleaned = redacted_text(f"{before} ada.lovelace@example.org {after}")

    assert "lovelace@example" not in cleaned


def test_a_long_text_with_one_at_sign_is_cleaned_in_no_time() -> None:
    text = "a" * 200_000 + "@"

    assert redacted_text(text) == text  # with a pattern that tries every letter as the first this takes minutes
