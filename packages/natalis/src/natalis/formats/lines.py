"""The lines of a file as text, each with its place in bytes; a line that cannot be read is marked, not raised."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from natalis.errors import NatalisError
from natalis.formats.encoding import SAMPLE, Encoding
from natalis.ports.people_file import Position

ROW_LIMIT = 1024 * 1024
"""How long a row may be, in bytes."""
_NO_END = 1 << 62
_SKIPPED = 64 * 1024  # bytes read at a time of a line that is too long


class RowTooLong(NatalisError):
    """A row of several lines went on past `Lines.end`."""


class Lines:
    """Iterates over lines, their ends included.

    Attributes:
        offset: The byte after the line last returned.
        line: The number of the line after it.
        fault: Why a line returned since this was last set to None is not as in the file; None when all is well.
        end: The offset that no line may pass; `RowTooLong` is raised instead.
    """

    def __init__(self, file: BinaryIO, encoding: Encoding) -> None:
        self._mark = encoding.mark
        self._encoding = encoding.name
        self._file = _with_newlines(file, encoding)
        self._readline = {"utf-16-le": self._read_little, "utf-16-be": self._read_big}.get(
            encoding.name, self._file.readline
        )
        self.go(Position(0, 1))

    def go(self, to: Position) -> None:
        """Read on from there."""
        self.offset, self.line = max(to.offset, self._mark), to.line
        self.fault: str | None = None
        self.end = _NO_END
        self._file.seek(self.offset)

    @property
    def position(self) -> Position:
        """Where the next line begins."""
        return Position(self.offset, self.line)

    def __iter__(self) -> Iterator[str]:
        """Return the lines from here on, reading no further ahead than asked."""
        readline, encoding = self._readline, self._encoding
        while raw := readline(ROW_LIMIT + 2):
            self.offset += len(raw)
            if self.offset > self.end:
                raise RowTooLong
            if len(raw) > ROW_LIMIT:
                yield self._cut(raw)
                continue
            try:
                text = str(raw, encoding)
            except UnicodeDecodeError as error:
                text = self._mended(raw, error)
            self.line += 1
            yield text

    def _mended(self, raw: bytes, error: UnicodeDecodeError) -> str:
        self.fault = (
            f"byte {error.start + 1} of line {self.line} (0x{raw[error.start]:02x}) is not {self._encoding}; "
            "say the file's encoding with --encoding"
        )
        return str(raw, self._encoding, "replace")

    def _cut(self, raw: bytes) -> str:
        """Pass over the rest of a line that is too long; return its beginning."""
        self.fault = f"line {self.line} is longer than {ROW_LIMIT} bytes"
        rest = raw
        while rest and not self._ends(rest):
            rest = self._readline(_SKIPPED)
            self.offset += len(rest)
        self.line += 1
        return str(raw[:ROW_LIMIT], self._encoding, "replace")

    def _ends(self, raw: bytes) -> bool:
        return raw.endswith({"utf-16-le": b"\n\x00", "utf-16-be": b"\x00\n"}.get(self._encoding, b"\n"))

    def _read_little(self, limit: int) -> bytes:
        line = bytearray()
        while len(line) < limit and (part := self._file.readline(limit - len(line))):
            line += part
            if len(line) % 2:
                line += self._file.read(1)
                if line.endswith(b"\n\x00"):
                    break
        return bytes(line)

    def _read_big(self, limit: int) -> bytes:
        line = bytearray()
        while len(line) < limit and (part := self._file.readline(limit - len(line))):
            line += part
            if len(line) % 2 == 0 and line.endswith(b"\x00\n"):
                break
        return bytes(line)


def _with_newlines(file: BinaryIO, encoding: Encoding) -> BinaryIO:
    """Return the file with carriage returns as newlines where it has none of the latter (old Macs, byte for byte)."""
    file.seek(encoding.mark)
    sample = file.read(SAMPLE)
    if b"\n" in sample or b"\r" not in sample or encoding.name.startswith("utf-16"):
        return file
    return io.BufferedReader(_ReturnsAsNewlines(file))


class _ReturnsAsNewlines(io.RawIOBase):
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # typeshed: any buffer
        found = self._file.read(len(buffer)).replace(b"\r", b"\n")
        buffer[: len(found)] = found
        return len(found)
