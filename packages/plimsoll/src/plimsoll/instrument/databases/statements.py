"""What an SQL statement does and to which table, read from its text: the labels of a query.

Read once for each text and remembered. No parser of SQL: what is read wrongly is a label, and what cannot be read is
`other` of `none`. Of a long text only the beginning is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

OTHER: Final = "other"
"""The operation of a statement that is none of those with a name: `BEGIN`, `SET`, `CREATE`."""
NO_TABLE: Final = "none"
"""The table of a statement that names none."""
READ_AT_MOST: Final = 4_096  # characters
REMEMBERED: Final = 1_024  # texts; a service has some hundred, unless it writes values into them
_NAME_AT_MOST: Final = 63  # characters: what PostgreSQL keeps of a name
_TOKEN = re.compile(
    r"""
      --[^\n]*                                   # what is said beside
    | /\*.*?(?:\*/|\Z)
    | [eE]?'(?:[^']|'')*(?:'|\Z)                 # texts
    | \$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)
    | (?P<word>"(?:[^"]|"")*(?:"|\Z) | `[^`]*(?:`|\Z) | \[[A-Za-z_][^\]]*\] | [^\W\d][\w$]*)
    | (?P<mark>[().,;])
    """,
    re.VERBOSE | re.DOTALL,
)
_VERBS: Final = frozenset({"select", "insert", "update", "delete", "copy"})
_BEGINS: Final = _VERBS | {"with", "("}
_WRITES: Final = frozenset({"insert", "update", "delete"})
_NAMES_FOLLOW: Final = frozenset({"from", "into", "update", "join", "copy"})
_BEFORE_NO_NAME: Final = frozenset({"distinct", "for", "key", "do", "on"})
"""`IS DISTINCT FROM x`, `FOR UPDATE`, `FOR NO KEY UPDATE`, `DO UPDATE SET`, `ON UPDATE CASCADE` name no table."""
_TAKES_FROM: Final = frozenset({"extract", "substring", "trim", "overlay", "position"})
"""Functions whose arguments are told apart by `FROM`."""
_NO_NAMES: Final = frozenset({"select", "values", "lateral", "set"})
_LISTS_COLUMNS: Final = frozenset({"into", "copy"})
_AFTER_COPY: Final = frozenset({"only", "or", "ignore", "replace", "into", "table"})


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement does.

    Attributes:
        operation: `select`, `insert`, `update`, `delete`, `copy` or `other`.
        table: The first table that it names, without its schema; `none` without one.
    """

    operation: str
    table: str


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    depth: int
    called: str
    """The function whose arguments these are; empty outside of one."""


def read_statement(sql: str) -> Statement:
    """Return what a statement does and to which table.

    What `WITH` prepares counts where it writes and the statement itself only selects: a `DELETE` whose rows are
    counted is a `delete`.
    """
    return _read(sql[:READ_AT_MOST])


@lru_cache(REMEMBERED)
def _read(sql: str) -> Statement:
    tokens = list(_tokens(sql))
    verb = _verb_of(tokens)
    if verb is None:
        return Statement(OTHER, NO_TABLE)
    prepared = _prepared(tokens)
    named = [(at, name) for at, name in _named(tokens) if name not in prepared]
    table = next((name for at, name in named if at >= verb), named[0][1] if named else NO_TABLE)
    return Statement(tokens[verb].text, table[:_NAME_AT_MOST])


def _tokens(sql: str) -> Iterator[_Token]:
    calls: list[str] = []
    last = ""
    for found in _TOKEN.finditer(sql):
        text = found["word"] or found["mark"]
        if text is None:
            continue  # a comment, or a text
        if text == ")" and calls:
            calls.pop()
        quoted = text[0] in '"`['
        last_word, last = last, text[1:-1] if quoted else text.lower()
        # A name in quotes is no keyword, whatever it says: its mark stays until it is used as a name.
        yield _Token(f'"{last}' if quoted else last, len(calls), calls[-1] if calls else "")
        if text == "(":
            calls.append(last_word)


def _verb_of(tokens: Sequence[_Token]) -> int | None:
    """Return where the verb stands that says what the whole does; None for a statement that is none of ours."""
    if not tokens or tokens[0].text not in _BEGINS:
        return None
    verbs = [at for at, token in enumerate(tokens) if token.text in _VERBS and _begins_one(tokens, at)]
    outer = next((at for at in verbs if not tokens[at].depth), None)
    if tokens[0].text == "with" and (outer is None or tokens[outer].text == "select"):
        return next((at for at in verbs if tokens[at].text in _WRITES), outer)
    return outer if outer is not None else next(iter(verbs), None)


def _begins_one(tokens: Sequence[_Token], at: int) -> bool:
    """Say whether a verb begins a statement: first of all, in a parenthesis, or after what `WITH` prepared."""
    return at == 0 or tokens[at - 1].text in {"(", ")"}


def _prepared(tokens: Sequence[_Token]) -> set[str]:
    """Return the names that `WITH` gives to what it prepares."""
    if tokens[0].text != "with":
        return set()
    return {
        _plain(token.text)
        for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if not token.depth and before.text in {"with", "recursive", ","} and after.text in {"as", "("}
    }


def _named(tokens: Sequence[_Token]) -> Iterator[tuple[int, str]]:
    """Yield every table that is named, with the place of the word that announced it."""
    for at, token in enumerate(tokens):
        if token.text not in _NAMES_FOLLOW or (at and tokens[at - 1].text in _BEFORE_NO_NAME):
            continue
        if token.text == "from" and token.called in _TAKES_FROM:
            continue
        name = _name_at(tokens, _behind(tokens, at + 1), lists_columns=token.text in _LISTS_COLUMNS)
        if name:
            announced = at - 1 if at and tokens[at - 1].text in {"insert", "delete", "replace"} else at
            yield announced, name


def _behind(tokens: Sequence[_Token], at: int) -> int:
    while at < len(tokens) and tokens[at].text in _AFTER_COPY:
        at += 1
    return at


def _name_at(tokens: Sequence[_Token], at: int, *, lists_columns: bool) -> str:
    """Return the last part of a name that begins here; empty when none does, or when it is a function's."""
    if at >= len(tokens) or tokens[at].text in {"(", ")", ".", ",", ";"} or tokens[at].text in _NO_NAMES:
        return ""
    while at + 2 < len(tokens) and tokens[at + 1].text == ".":
        at += 2
    is_called = at + 1 < len(tokens) and tokens[at + 1].text == "("
    return "" if is_called and not lists_columns else _plain(tokens[at].text)


def _plain(name: str) -> str:
    return name.removeprefix('"')
