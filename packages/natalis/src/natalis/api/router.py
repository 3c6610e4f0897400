"""From method and path to what answers: a look-up of whole paths, then of those with names in braces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from natalis.api.problems import METHOD, NOT_FOUND, Refusal

R = TypeVar("R")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Place(Generic[R]):
    """A path, with what answers each method there.

    Attributes:
        path: As the operations write it, `/user/{user_id}`.
        routes: By method.
        allowed: The methods, as `Allow` has them; HEAD where there is GET, and OPTIONS everywhere.
        names: What stands between slashes: a text that must stand there, or None and the name of what may.
    """

    path: str
    routes: Mapping[str, R]
    allowed: str
    names: tuple[tuple[str | None, str], ...]

    def matches(self, parts: list[str]) -> bool:
        """Say whether a path of as many parts leads here."""
        return all(
            part == text if text is not None else part for part, (text, _) in zip(parts, self.names, strict=True)
        )

    def params(self, parts: list[str]) -> Mapping[str, str]:
        """Return what stands for each name."""
        return {name: part for part, (text, name) in zip(parts, self.names, strict=True) if text is None}


class Router(Generic[R]):
    """Finds routes.

    Args:
        routes: Method, path and route of each.
    """

    def __init__(self, routes: Iterable[tuple[str, str, R]]) -> None:
        by_path: dict[str, dict[str, R]] = {}
        for method, path, route in routes:
            by_path.setdefault(path, {})[method] = route
        places = [_place(path, methods) for path, methods in by_path.items()]
        self._whole = {place.path: place for place in places if "{" not in place.path}
        self._named: dict[tuple[str, int], list[Place[R]]] = {}
        for place in places:
            if "{" in place.path:
                self._named.setdefault((place.names[0][0] or "", len(place.names)), []).append(place)

    def find(self, path: str) -> tuple[Place[R], Mapping[str, str]]:
        """Return the place of a path, and what stands for each name of it; a slash at the end does not count.

        Raises:
            Refusal: There is none (404).
        """
        place = self._whole.get(path)
        if place is not None:
            return place, _NOTHING
        trimmed = path.rstrip("/")
        place = self._whole.get(trimmed)
        if place is not None:
            return place, _NOTHING
        parts = trimmed.split("/")[1:]
        if parts:
            for place in self._named.get((parts[0], len(parts)), ()):
                if place.matches(parts):
                    return place, place.params(parts)
        raise Refusal(NOT_FOUND, NOT_FOUND.explained)


def route_of(place: Place[R], method: str) -> R:
    """Return what answers a method at a place.

    Raises:
        Refusal: Nothing does (405).
    """
    route = place.routes.get(method)
    if route is None:
        raise Refusal(METHOD, METHOD.explained, headers={"Allow": place.allowed})
    return route


def _place(path: str, routes: Mapping[str, R]) -> Place[R]:
    also = ["HEAD"] if "GET" in routes else []
    allowed = ", ".join(sorted([*routes, *also, "OPTIONS"]))
    names = tuple((None, part[1:-1]) if part.startswith("{") else (part, "") for part in path.split("/")[1:])
    return Place(path, routes, allowed, names)
