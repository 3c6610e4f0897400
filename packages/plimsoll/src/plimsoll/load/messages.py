"""What conductor and engine say to each other: lines of JSON, each of one kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from plimsoll.load.plan import Plan


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """To an engine: make ready.

    Attributes:
        plan: What is to be done.
        engine: Which of the processes it is, from 0 on.
    """

    plan: Plan
    engine: int


class SetUp(msgspec.Struct, frozen=True, tag="set-up"):
    """To an engine: call the flow's setup."""


class Start(msgspec.Struct, frozen=True, tag="start"):
    """To an engine: run.

    Attributes:
        at: When, an instant of `time.perf_counter_ns`, which all processes of a machine share.
        data: What setup returned.
    """

    at: int
    data: Any = None


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """To an engine: start nothing more.

    Attributes:
        grace: How long what is under way may go on.
    """

    grace: timedelta


class TearDown(msgspec.Struct, frozen=True, tag="tear-down"):
    """To an engine: call the flow's teardown.

    Attributes:
        data: What setup returned.
    """

    data: Any = None


class Leave(msgspec.Struct, frozen=True, tag="leave"):
    """To an engine: end."""


Order = Begin | SetUp | Start | Stop | TearDown | Leave


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """From an engine: the last order was carried out.

    Attributes:
        data: What setup returned.
    """

    data: Any = None


class Slice(msgspec.Struct, frozen=True, tag="slice"):
    """From an engine: what was recorded in a second, or some of it.

    Attributes:
        second: Which, from the start of the run.
        recording: As `encode_recording` writes it.
        whole: Whether that was the last of this second.
        busy: Users in the midst of an iteration now.
        peak: The most there were in this second.
        users: How many there are.
    """

    second: int
    recording: msgspec.Raw
    whole: bool = True
    busy: int = 0
    peak: int = 0
    users: int = 0


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """From an engine: all scenarios are over, and every second was said.

    Attributes:
        lasted: How long load lasted, in seconds.
        examples: What one error of each code said.
        overflowed: Whether there were too many sets of tags.
        passed_over: Addresses that refused, so that others of the same name were called.
    """

    lasted: float
    examples: dict[str, str]
    overflowed: bool = False
    passed_over: tuple[str, ...] = ()


class Broken(msgspec.Struct, frozen=True, tag="broken"):
    """From an engine: an order could not be carried out.

    Attributes:
        why: A sentence.
        invalid: Field, problem and remedy, where the user's input is at fault.
    """

    why: str
    invalid: tuple[str, str, str] | None = None


Report = Ready | Slice | Ended | Broken

_orders: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
_reports: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)


def line(message: Order | Report) -> bytes:
    """Return a message as a line."""
    return msgspec.json.encode(message) + b"\n"


def order_of(text: bytes) -> Order:
    """Read an order."""
    return _orders.decode(text)


def report_of(text: bytes) -> Report:
    """Read a report."""
    return _reports.decode(text)
