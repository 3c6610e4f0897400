"""Rules: the console prints on any terminal, and a terminal that is gone is an outage."""

from __future__ import annotations

import io
from datetime import date

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Delivered
from natalis.providers.console import ConsoleProvider

MESSAGE = Message(DeliveryKey("u1", "birthday", date(2026, 12, 10)), "ada@example.org", "Hi", "Hé 🎂\n\n\x1b[31mred")


async def test_a_message_is_one_line_without_control_characters() -> None:
    stream = io.StringIO()
    await ConsoleProvider(stream).send(MESSAGE)
    assert stream.getvalue() == "ada@example.org  Hé 🎂 /  [31mred\n"


async def test_a_terminal_without_a_letter_gets_its_number() -> None:
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="latin-1")
    outcome = await ConsoleProvider(terminal).send(MESSAGE)
    assert isinstance(outcome, Delivered)
    assert raw.getvalue().decode("latin-1").startswith("ada@example.org  Hé \\U0001f382")


async def test_a_reader_that_went_away_is_an_outage() -> None:
    stream = io.StringIO()
    stream.close()
    outcome = await ConsoleProvider(stream).send(MESSAGE)
    assert isinstance(outcome, Deferred)
    assert outcome.outage


async def test_without_a_stream_it_prints_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    await ConsoleProvider().send(MESSAGE)
    assert "ada@example.org" in capsys.readouterr().out
