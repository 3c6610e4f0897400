"""A run as JSON, exact: files merge and compare as the runs themselves would."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

import msgspec

from plimsoll.errors import InvalidInput
from plimsoll.measure.histogram import Histogram
from plimsoll.measure.recording import Metric, Recording
from plimsoll.measure.run import Run
from plimsoll.measure.tallies import Counter, Gauge, Rate, Tally, Trend
from plimsoll.measure.timeline import Slot, Timeline

VERSION = 1
"""Of the format; one that is not known is refused."""
_REMEDY = "give a file that `plimsoll load run --out` wrote"
_FACTS = {name: hint for name, hint in get_type_hints(Run).items() if name not in {"recording", "timeline"}}


class _Series(msgspec.Struct, array_like=True):
    """One series: metric, tags, tally."""

    metric: str
    tags: tuple[tuple[str, str], ...]
    tally: dict[str, Any]


class _Recording(msgspec.Struct):
    """Metrics by their facts, and their series."""

    metrics: list[Metric]
    series: list[_Series]


class _File(msgspec.Struct):
    """What a file holds."""

    plimsoll: int
    run: Any


def encode_recording(recording: Recording) -> bytes:
    """Return a recording as JSON."""
    return msgspec.json.encode(_plain_recording(recording))


def decode_recording(text: bytes) -> Recording:
    """Return what `encode_recording` wrote.

    Raises:
        InvalidInput: It is none.
    """
    try:
        return _recording(msgspec.json.decode(text))
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput("recording", str(error), _REMEDY) from error


def encode_run(run: Run) -> bytes:
    """Return a run as one line of JSON."""
    plain = {each.name: getattr(run, each.name) for each in fields(run)}
    plain["recording"] = _plain_recording(run.recording)
    # slot by slot, for all as lists of numbers would take ten times the room of the text
    slots = [msgspec.Raw(msgspec.json.encode(_plain_slot(slot))) for slot in run.timeline.slots]
    plain["timeline"] = {"seconds": run.timeline.seconds, "slots": slots}
    return msgspec.json.encode(_File(VERSION, plain)) + b"\n"


def decode_run(text: bytes, where: str = "result") -> Run:
    """Return what `encode_run` wrote.

    Args:
        text: The file's content.
        where: What to call it in an error.

    Raises:
        InvalidInput: It is none, or one of another version.
    """
    try:
        read = msgspec.json.decode(text, type=_File)
        if read.plimsoll != VERSION:
            raise InvalidInput(
                where, f"it is of version {read.plimsoll}; {VERSION} is known", "use the Plimsoll it came from"
            )
        facts = {name: msgspec.convert(read.run[name], type=hint) for name, hint in _FACTS.items() if name in read.run}
        return Run(recording=_recording(read.run["recording"]), timeline=_timeline(read.run["timeline"]), **facts)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(where, f"it is no result of a run: {error}", _REMEDY) from error


def _plain_recording(recording: Recording) -> _Recording:
    series = [_Series(name, tags, _plain_tally(tally)) for (name, tags), tally in recording.series.items()]
    return _Recording(list(recording.metrics.values()), series)


def _plain_tally(tally: Tally) -> dict[str, Any]:
    if isinstance(tally, Trend):
        return {"scale": tally.scale, "histogram": tally.histogram.to_json()}
    return {each.name: getattr(tally, each.name) for each in fields(tally)}


def _plain_slot(slot: Slot) -> dict[str, Any]:
    return {each.name: getattr(slot, each.name) for each in fields(slot)} | {"latency": slot.latency.to_json()}


def _recording(plain: Any) -> Recording:
    read = msgspec.convert(plain, type=_Recording)
    recording = Recording({metric.name: metric for metric in read.metrics})
    for each in read.series:
        recording.series[(each.metric, each.tags)] = _tally(recording.metrics[each.metric], each.tally)
    return recording


def _tally(metric: Metric, plain: dict[str, Any]) -> Tally:
    match metric.tally():
        case Trend():
            return Trend(Histogram.from_json(plain["histogram"]), msgspec.convert(plain["scale"], int))
        case Counter():
            return msgspec.convert(plain, type=Counter)
        case Gauge():
            return msgspec.convert(plain, type=Gauge)
        case Rate():
            return msgspec.convert(plain, type=Rate)


def _timeline(plain: dict[str, Any]) -> Timeline:
    return Timeline(msgspec.convert(plain["seconds"], int), [_slot(slot) for slot in plain["slots"]])


def _slot(plain: dict[str, Any]) -> Slot:
    latency = Histogram.from_json(plain["latency"])
    return Slot(latency, **{name: value for name, value in plain.items() if name != "latency"})
