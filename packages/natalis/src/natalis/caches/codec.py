"""How values are written for a cache outside this process: MessagePack of types named beforehand, never a pickle."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_log = logging.getLogger(__name__)


class _Entry(msgspec.Struct, array_like=True, gc=False):
    """What stands in a slot.

    Attributes:
        shape: Of the type it was written with: another version of the service may have another.
        until: Microseconds since 1970.
        generations: Those of its key's stems when the load began.
        value: As written.
    """

    shape: bytes
    until: int
    generations: tuple[bytes, ...]
    value: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Found:
    """A value that was read; it may be None."""

    value: Any


@dataclass(frozen=True, slots=True)
class _Form:
    shape: bytes
    decoder: msgspec.msgpack.Decoder[Any]


class Codec:
    """Writes and reads values by the family of their key.

    Any value that msgspec can write by its type will do: dataclasses, named tuples, enums, dates, durations, mappings.
    What cannot be read - it was written by another version, or is not ours - counts as not there.

    Args:
        types: By the beginning of a key; the longest one that fits counts. Keys without one are not kept.
    """

    def __init__(self, types: Mapping[str, Any]) -> None:
        ordered = sorted(types.items(), key=lambda item: -len(item[0]))
        self._forms = {family: _form(type_) for family, type_ in ordered}
        self._encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
        self._entries = msgspec.msgpack.Decoder(_Entry)
        self._unwritable: set[str] = set()

    def knows(self, key: str) -> bool:
        """Whether values of this key can be kept; says so once of each family that cannot."""
        if self._form_of(key) is not None:
            return True
        self._complain(key.partition(":")[0], "no type is named for it")
        return False

    def write(self, key: str, value: object, generations: tuple[bytes, ...], *, until: datetime) -> bytes | None:
        """Return what to put into the slot of a key; None when the value cannot be written."""
        form = self._form_of(key)
        if form is None:
            return None
        try:
            raw = msgspec.Raw(self._encoder.encode(value))
        except (TypeError, ValueError, OverflowError) as error:
            self._complain(key.partition(":")[0], str(error))
            return None
        return self._encoder.encode(_Entry(form.shape, _stamp(until), generations, raw))

    def read(self, key: str, slot: bytes | None, generations: tuple[bytes, ...], *, now: datetime) -> Found | None:
        """Return the value in a slot; None when there is none, or none of these generations, or it is too old."""
        form = self._form_of(key)
        if slot is None or form is None:
            return None
        try:
            entry = self._entries.decode(slot)
            if entry.generations != generations or entry.shape != form.shape or entry.until <= _stamp(now):
                return None
            return Found(form.decoder.decode(entry.value))
        except msgspec.MsgspecError:
            return None

    def _form_of(self, key: str) -> _Form | None:
        return next((form for family, form in self._forms.items() if key.startswith(family)), None)

    def _complain(self, family: str, problem: str) -> None:
        if family not in self._unwritable:
            self._unwritable.add(family)
            _log.warning("%s: is not kept in the shared cache: %s", family, problem)


def _form(type_: Any) -> _Form:
    written = msgspec.json.encode(msgspec.json.schema(type_), order="sorted")
    return _Form(hashlib.sha256(written).digest()[:8], msgspec.msgpack.Decoder(type_))


def _plain(value: object) -> object:
    """Return what msgspec can write in place of a value that it cannot."""
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be written")


def _stamp(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
