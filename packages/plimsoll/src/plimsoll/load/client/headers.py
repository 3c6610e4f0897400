"""The headers of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self


class Headers(Mapping[str, str]):
    """Headers by name, in any case; of several with one name, the values joined by a comma (RFC 9110, section 5.3).

    Args:
        pairs: Names in lower case, and values, in order.
    """

    __slots__ = ("pairs",)

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self.pairs = pairs

    @classmethod
    def read(cls, head: bytes) -> Self:
        """Read them from a status line and what follows it; folded lines are unfolded."""
        lines = head.decode("latin-1").replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n")[1:]
        split = (line.partition(":") for line in lines if ":" in line)
        return cls(tuple((name.strip().lower(), value.strip()) for name, _, value in split))

    def all(self, name: str) -> list[str]:
        """Return each value of a name, in order."""
        lowered = name.lower()
        return [value for known, value in self.pairs if known == lowered]

    def __getitem__(self, name: str) -> str:
        values = self.all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for name, _ in self.pairs))

    def __len__(self) -> int:
        return len({name for name, _ in self.pairs})
