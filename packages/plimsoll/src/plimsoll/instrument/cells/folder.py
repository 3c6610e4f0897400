"""Several processes that report as one: a folder with a file of numbers for each, and one for all that have ended.

Whoever is scraped reads every file and puts them together. A process holds a lock on its file as long as it lives,
which the system lets go of however it ends. What the dead counted is folded into `folded.cells`, and their files are
removed: so files do not grow with every process ever started, and no count falls. The folded file names what it holds,
and a reader looks whether it changed meanwhile: nobody waits for anybody, and nothing is counted twice or missed.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plimsoll.instrument.cells.file import CellFile, Contents, exemplars_of
from plimsoll.instrument.cells.together import Together
from plimsoll.instrument.cells.values import Shape
from plimsoll.instrument.exposition import Series

FOLDED: Final = "folded.cells"
SUFFIX: Final = ".cells"
_LOCK: Final = "fold.lock"
_TRIES: Final = 20  # readings that a fold may spoil before one is taken as it is
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Read:
    """A file as it was read last."""

    contents: Contents
    held: bytes = b""


class SharedFolder:
    """The folder, and this process's own file in it.

    Args:
        path: Made where it is missing; on a file system in memory where there is one.

    Attributes:
        path: As given.
        own: What this process writes to.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._known: dict[str, _Read] = {}
        self._lock = -1
        self._name = ""
        self._gathering = threading.Lock()
        self._begin()

    def reopen(self) -> None:
        """Take a new file: after a fork, the other one is the parent's."""
        os.close(self.own.descriptor)
        os.close(self._lock)  # the parent's lock stays: a lock goes when all who hold it have closed it
        self._gathering = threading.Lock()  # a thread of the parent's may have held the other one
        self._begin()

    def close(self) -> None:
        """Give this process's file up; what it counted is folded by whoever is scraped next."""
        with contextlib.suppress(OSError):
            os.close(self._lock)

    def gathered(self) -> list[tuple[Shape, list[Series]]]:
        """Return what all processes together say, and fold what those who ended have left."""
        with self._gathering:
            together, dead, is_whole = self._gather()
            for _ in range(_TRIES):
                if is_whole:
                    break
                together, dead, is_whole = self._gather()
            if dead:
                self._fold(dead)
            return together.families()

    def _begin(self) -> None:
        """Make a file under another name, lock it, and only then have it seen."""
        self._name = f"{os.getpid()}-{secrets.token_hex(6)}{SUFFIX}"
        new = self.path / f"{self._name}.new"
        self.own: CellFile = CellFile(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
        # a descriptor of its own: the mapping keeps the other one's lock alive in whoever inherits it
        self._lock = os.open(new, os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        new.rename(self.path / self._name)

    def _gather(self) -> tuple[Together, list[str], bool]:
        """Return all together, who is dead, and whether no fold came between."""
        folded = self._read(FOLDED)
        counted = _names_in(folded)
        together, dead = Together(), []
        present = {FOLDED}
        own = self._read(self._name)
        if own is not None:  # first: where shapes differ, this process's is the one
            present.add(self._name)
            _add(together, own, self._name, is_living=True)
        for name in sorted(each.name for each in self.path.iterdir()):
            if not name.endswith(SUFFIX) or name in present or name in counted:
                continue
            is_living = self._is_living(name)
            found = self._read(name)
            present.add(name)
            if found is not None:
                _add(together, found, name, is_living=is_living)
            if not is_living:
                dead.append(name)
        if folded is not None:
            _add(together, folded, FOLDED, is_living=False)
        self._known = {name: found for name, found in self._known.items() if name in present}
        return together, dead, _names_in(self._read(FOLDED)) == counted

    def _is_living(self, name: str) -> bool:
        try:
            descriptor = os.open(self.path / name, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _read(self, name: str) -> _Read | None:
        """Return a file as it is now; None when it is not there or cannot be understood."""
        try:
            held = (self.path / name).read_bytes()
        except OSError:
            return None
        known = self._known.get(name)
        if name == FOLDED and known is not None and known.held != held:
            known = None  # another file by the same name
        known = self._known[name] = known or _Read(Contents())
        try:
            known.contents.read(held)
        except (ValueError, KeyError, TypeError) as error:
            _log.warning("%s is left out: %s", self.path / name, error)
            return None
        known.held = held
        return known

    def _fold(self, dead: Sequence[str]) -> None:
        """Fold the dead into one file, unless another process is at it."""
        with _held(self.path / _LOCK) as is_ours:
            if not is_ours:
                return
            folded = self._read(FOLDED)
            counted = _names_in(folded)
            still = [name for name in dead if name not in counted and (self.path / name).exists()]
            together = Together()
            for name in [*still, FOLDED]:
                found = self._read(name)
                if found is not None:
                    _add(together, found, name, is_living=False)
            # names that are counted and could not be removed stay named until they are
            named = [*still, *(name for name in counted if (self.path / name).exists())]
            self._write_folded(together, named)
            for name in named:
                (self.path / name).unlink(missing_ok=True)
            for left in self.path.glob(f"{FOLDED}.*.new"):  # by a fold that was killed
                left.unlink(missing_ok=True)

    def _write_folded(self, together: Together, named: Sequence[str]) -> None:
        new = self.path / f"{FOLDED}.{secrets.token_hex(6)}.new"
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            file = CellFile(descriptor)
            file.note({"holds": list(named), "fold": secrets.token_hex(6)})
            together.write(file)
        finally:
            os.close(descriptor)
        new.replace(self.path / FOLDED)


def _names_in(folded: _Read | None) -> frozenset[str]:
    """Return whose counts a folded file holds, with a word that no other fold has."""
    if folded is None or not folded.contents.notes:
        return frozenset()
    note = folded.contents.notes[0]
    return frozenset([*note["holds"], note["fold"]])


def _add(together: Together, found: _Read, name: str, *, is_living: bool) -> None:
    cells = memoryview(found.held).cast("d")
    pid = name.partition("-")[0]
    places = [(each, together.of(each, is_living=is_living)) for each in found.contents.families]
    by_shape = {id(shape): place for shape, place in places}
    exemplars = found.contents.exemplars
    for at, (shape, labels, begin, end) in enumerate(found.contents.series):
        place = by_shape[id(shape)]
        if place is not None:
            links = exemplars_of(found.held, shape, exemplars[at]) if at in exemplars else None
            place.add(labels, cells[begin:end].tolist(), links, pid)  # type: ignore[arg-type]  # typeshed knows of int only


@contextlib.contextmanager
def _held(path: Path) -> Iterator[bool]:
    """Hold a lock, or not, where another holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)
