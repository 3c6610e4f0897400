"""Where in a YAML file each value stands, so that an error can say line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

Path = tuple[str | int, ...]
_STEP: Final = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<index>\d+)\]|(?P<some>\[\.\.\.\])")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something begins; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file read.

    Attributes:
        content: As plain values.
        places: Where the value at each path begins.
        keys: Where the key of each path begins.
    """

    content: Any
    places: dict[Path, Place]
    keys: dict[Path, Place]

    def nearest(self, path: Path) -> Place:
        """Return where the value at a path begins, or else the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if (place := self.places.get(path[:length])) is not None:
                return place
        return Place(1, 1)


class Doubled(Exception):
    """A key stands twice in one mapping."""

    def __init__(self, key: str, place: Place) -> None:
        super().__init__(f"{key!r} stands here a second time")
        self.place = place


def read(text: str) -> Document:
    """Read a YAML text with its places.

    Raises:
        yaml.YAMLError: It is none.
        Doubled: A key stands twice.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(None, {}, {})
        places: dict[Path, Place] = {}
        keys: dict[Path, Place] = {}
        for path, value, key in _walk(node, ()):
            places[path] = _place(value)
            if key is not None:
                if path in keys:
                    raise Doubled(str(path[-1]), _place(key))
                keys[path] = _place(key)
        return Document(loader.construct_document(node), places, keys)
    finally:
        loader.dispose()


def path_of(written: str) -> Path:
    """Return a path that msgspec wrote, such as `$.budgets[0].target`; it ends where that stops being exact."""
    found: list[str | int] = []
    for step in _STEP.finditer(written.removeprefix("$")):
        if step["some"]:
            break
        found.append(int(step["index"]) if step["index"] else step["key"])
    return tuple(found)


def words_of(path: Path) -> str:
    """Return a path as people write it, such as `budgets[0].target`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _walk(node: yaml.Node, path: Path) -> Iterator[tuple[Path, yaml.Node, yaml.Node | None]]:
    yield path, node, None
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            yield below, value, key
            for inner, found, its_key in _walk(value, below):
                if inner != below:
                    yield inner, found, its_key
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*path, index))


def _place(node: yaml.Node) -> Place:
    mark = node.start_mark
    return Place(mark.line + 1, mark.column + 1)
