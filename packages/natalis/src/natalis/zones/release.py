"""A folder of compiled zones: which release it is, and which zones it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from natalis.errors import InvalidInput

_RELEASE = re.compile(r"\d{4}[a-z]{1,2}", re.ASCII)
_SAYS_RELEASE = ("version", "+VERSION", "tzdata.zi")
"""Files that name a release, the most deliberate first: a note by hand, the one of macOS, the source of `zic`."""
_OTHER_TREES = frozenset({"posix", "right"})
"""Second copies of all zones that some systems keep; those in `right` count leap seconds."""
_MAGIC = b"TZif"


def release_of(*folders: Path) -> str:
    """Return the release that a file in one of these folders names, such as `2026b`.

    Raises:
        InvalidInput: None does.
    """
    for file in (folder / name for name in _SAYS_RELEASE for folder in folders):
        if file.is_file() and (found := _RELEASE.search(_beginning(file))):
            return found.group()
    problem = f"{folders[-1]} does not say which release it is"
    raise InvalidInput(
        "tz version", problem, "give the version, such as 2026b, or write it into a file `version` there"
    )


def _beginning(file: Path) -> str:
    with file.open(encoding="utf-8", errors="replace") as opened:
        return opened.readline(200)


def zone_names(listing: Traversable, root: Traversable) -> frozenset[str]:
    """Return the names in `listing`, or without such a file those of all compiled zones under `root`."""
    if listing.is_file():
        return frozenset(listing.read_text(encoding="utf-8").split())
    return frozenset(_compiled(root, "")) if root.is_dir() else frozenset()


def _compiled(folder: Traversable, prefix: str) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if prefix or entry.name not in _OTHER_TREES:
                yield from _compiled(entry, f"{prefix}{entry.name}/")
        elif _is_compiled(entry):
            yield prefix + entry.name


def _is_compiled(file: Traversable) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_MAGIC)) == _MAGIC
