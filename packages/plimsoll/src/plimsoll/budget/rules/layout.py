"""Lays a long query out in lines: what binds weakest breaks first, and what is inside is set in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_WIDTH: Final = 100
_WEAKEST_FIRST: Final = (
    re.compile(r" (or) "),
    re.compile(r" (and|unless) "),
    re.compile(r" ([<>]=?|[=!]=) "),
    re.compile(r" ([+-]) "),
    re.compile(r" ([*/%]) "),
)
_CALL: Final = re.compile(r"(?P<head>[^()\"]*\()(?P<inside>.*)(?P<tail>\))", re.DOTALL)
_PIECES: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[(){}\[\]]')


def laid_out(query: str) -> str:
    """Return a query that means the same, in lines that are short where there is a place to break."""
    return "\n".join(_lines(query, ""))


def _lines(query: str, margin: str) -> list[str]:
    if len(margin) + len(query) <= _WIDTH:
        return [margin + query]
    for operator in _WEAKEST_FIRST:
        parts = list(_split(query, operator))
        if len(parts) > 1:
            return [line for part in parts for line in _lines(part, margin)]
    call = _CALL.fullmatch(query)
    if call is None or _depths(call["inside"])[-1] != 0 or min(_depths(call["inside"])) < 0:
        return _behind_operator(query, margin)
    inside = _lines(call["inside"], margin + "  ")
    return [margin + call["head"], *inside, margin + call["tail"]]


def _behind_operator(query: str, margin: str) -> list[str]:
    """Break what follows an operator at a line's beginning."""
    operator, _, rest = query.partition(" ")
    if not rest or re.fullmatch(r"or|and|unless|[<>]=?|[=!]=|[-+*/%]", operator) is None:
        return [margin + query]
    first, *others = _lines(rest, margin)
    return [f"{margin}{operator} {first.removeprefix(margin)}", *others]


def _split(query: str, operator: re.Pattern[str]) -> Iterator[str]:
    """Yield what stands between operators that are in no parentheses; all but the first with their operator."""
    depths, begin = _depths(query), 0
    for found in operator.finditer(query):
        if depths[found.start()] == 0:
            yield query[begin : found.start()]
            begin = found.start(1)
    yield query[begin:]


def _depths(query: str) -> list[int]:
    """Return how many parentheses are open at each place, and at the end; inside of a text there is one more."""
    depths, depth, at = [0] * (len(query) + 1), 0, 0
    for piece in _PIECES.finditer(query):
        depths[at : piece.start() + 1] = [depth] * (piece.start() + 1 - at)
        if piece[0].startswith('"'):
            depths[piece.start() + 1 : piece.end()] = [depth + 1] * (len(piece[0]) - 1)
        else:
            depth += 1 if piece[0] in "({[" else -1
        at = piece.end()
    depths[at:] = [depth] * (len(query) + 1 - at)
    return depths
