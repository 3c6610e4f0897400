"""Rules: what every provider promises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Protocol

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.domain.message import Message
from natalis.domain.outcome import Delivered, Refused
from natalis.ports.provider import Provider

pytestmark = pytest.mark.network


class Bench(Protocol):
    provider: Provider
    delivered: Callable[[], list[str]]


def a_message(number: int = 1, text: str = "Hey, Ada it's your birthday") -> Message:
    key = DeliveryKey(f"0190c3f2-0000-7000-8000-{number:012d}", "birthday", date(2026, 12, 10))
    return Message(key, f"person{number}@example.org", "Happy birthday", text)


async def test_a_message_is_delivered_under_an_id(bench: Bench) -> None:
    outcome = await bench.provider.send(a_message())
    assert isinstance(outcome, Delivered)
    assert outcome.provider_id
    assert bench.delivered() == ["person1@example.org  Hey, Ada it's your birthday"]


async def test_accents_arrive_intact(bench: Bench) -> None:
    await bench.provider.send(a_message(text="Hé, Renée Łukasz 李小龍 🎂"))
    assert bench.delivered() == ["person1@example.org  Hé, Renée Łukasz 李小龍 🎂"]


async def test_every_message_has_an_id_of_its_own(bench: Bench) -> None:
    outcomes = await asyncio.gather(*(bench.provider.send(a_message(number)) for number in range(50)))
    assert len({outcome.provider_id for outcome in outcomes if isinstance(outcome, Delivered)}) == 50
    assert len(bench.delivered()) == 50


async def test_a_repeat_is_recognised_where_that_is_promised(bench: Bench) -> None:
    first, second = await bench.provider.send(a_message()), await bench.provider.send(a_message())
    assert isinstance(second, Delivered)
    assert (first == second) == bench.provider.recognises_repeats
    assert len(bench.delivered()) == (1 if bench.provider.recognises_repeats else 2)


@pytest.mark.parametrize(
    "bad",
    [
        {"email": "a@example.org\r\nBcc: b@example.org"},
        {"subject": "Hi\nBcc: b@example.org"},
        {"headers": {"List-Unsubscribe": "<x>\r\nBcc: b@example.org"}},
        {"headers": {"X\r\nBcc": "b@example.org"}},
        {"key": DeliveryKey("u1\r\nX: y", "birthday", date(2026, 12, 10))},
    ],
    ids=["email", "subject", "header value", "header name", "key"],
)
async def test_a_line_break_where_a_header_could_begin_is_refused(bench: Bench, bad: dict[str, object]) -> None:
    message = replace(a_message(), **bad)  # type: ignore[arg-type]  # each case names one field
    assert isinstance(await bench.provider.send(message), Refused)
    assert bench.delivered() == []


async def test_a_provider_has_a_name_fit_for_a_metric(bench: Bench) -> None:
    assert bench.provider.name.isidentifier()


async def test_closing_twice_does_no_harm(bench: Bench) -> None:
    await bench.provider.send(a_message())
    await bench.provider.close()
    await bench.provider.close()
