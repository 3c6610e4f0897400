"""Selectors of Prometheus' query language: read, narrowed, written, and shown by an example series."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

_NAME: Final = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_MATCHER: Final = re.compile(
    r'\s*(?P<label>[a-zA-Z_]\w*)\s*(?P<op>=~|!~|!=|=)\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*(?:,|$)'
)
_SELECTOR: Final = re.compile(rf"\s*(?P<name>{_NAME})\s*(?:\{{(?P<matchers>.*)\}})?\s*", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_MEANT: Final = {"n": "\n", "t": "\t", "\\": "\\", chr(34): chr(34)}
"""What follows a backslash; before anything else it stays, for who writes '\\d' means a digit."""
_NOT_IN_RE2: Final = re.compile(r"\(\?<?[=!]|\\[1-9]")
"""Looking around and looking back, which Python's regular expressions know and Prometheus' do not."""
_EXAMPLES: Final = ("200", "500", "400", "GET", "other", "true", "")
_OPPOSITE: Final = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label.

    Attributes:
        label: Its name.
        op: `=`, `!=`, `=~` or `!~`.
        value: A text, or a regular expression that must match the whole value.
    """

    label: str
    op: str
    value: str

    def __str__(self) -> str:
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.op}"{value}"'

    def holds(self, value: str) -> bool:
        """Return whether a label with this value is matched."""
        found = value == self.value if self.op in {"=", "!="} else re.fullmatch(self.value, value) is not None
        return found is (self.op in {"=", "=~"})

    def example(self) -> str:
        """Return a value that is matched; empty where the label may be absent.

        Raises:
            ValueError: None was found.
        """
        of_pattern = [re.sub(r"\.[+*]?", "0", part) for part in self.value.strip("()").split("|")]
        tried = ("", *_EXAMPLES) if self.op.startswith("!") else (*of_pattern, self.value, *_EXAMPLES)
        for value in tried:
            if self.holds(value):
                return value
        raise ValueError(f"{self} is too clever to find a value for")

    def opposite(self) -> Matcher:
        """Return the condition that holds where this one does not."""
        return replace(self, op=_OPPOSITE[self.op])


@dataclass(frozen=True, slots=True)
class Selector:
    """The series of one metric.

    Attributes:
        name: The metric's.
        matchers: Conditions on its labels.
    """

    name: str
    matchers: tuple[Matcher, ...] = ()

    def __str__(self) -> str:
        inside = ",".join(map(str, self.matchers))
        return f"{self.name}{{{inside}}}" if inside else self.name

    def where(self, *matchers: Matcher) -> Selector:
        """Return it narrowed."""
        return replace(self, matchers=self.matchers + matchers)

    def named(self, suffix: str) -> Selector:
        """Return the same of another metric: `_bucket`, `_count` or `_sum` of a histogram."""
        return replace(self, name=self.name + suffix)

    def example(self, **labels: str) -> str:
        """Return a series that it selects, in promtool's notation, with further labels.

        Raises:
            ValueError: No value was found for a label: two conditions on it that the first's example does not meet.
        """
        found: dict[str, str] = {}
        for matcher in self.matchers:
            found.setdefault(matcher.label, _meets(self.matchers, matcher.label))
        pairs = {**found, **labels}
        return str(Selector(self.name, tuple(Matcher(label, "=", value) for label, value in pairs.items() if value)))


def _meets(matchers: Iterable[Matcher], label: str) -> str:
    of_label = [matcher for matcher in matchers if matcher.label == label]
    tried = [*(matcher.example() for matcher in of_label), *_EXAMPLES]
    for value in tried:
        if all(matcher.holds(value) for matcher in of_label):
            return value
    raise ValueError(f"no value of {label} meets {', '.join(map(str, of_label))}")


def matchers_of(text: str) -> tuple[Matcher, ...]:
    """Read conditions such as `job="api",status=~"5.."`.

    Raises:
        ValueError: They are none.
    """
    found, at, text = [], 0, text.strip()
    while at < len(text):
        match = _MATCHER.match(text, at)
        if match is None:
            raise ValueError(f"""{text!r} is no selection; write it as job="api",status_code=~"5..\"""")
        value = _ESCAPED.sub(lambda escaped: _MEANT.get(escaped[1], escaped[0]), match["value"])
        if match["op"] in {"=~", "!~"}:
            _compiled(value)
        found.append(Matcher(match["label"], match["op"], value))
        at = match.end()
    return tuple(found)


def selector_of(text: str) -> Selector:
    """Read a metric's name, with or without conditions in braces.

    Raises:
        ValueError: It is none.
    """
    match = _SELECTOR.fullmatch(text)
    if match is None:
        raise ValueError(f"""{text!r} is no selector; write it as name or name{{label="value"}}""")
    return Selector(match["name"], matchers_of(match["matchers"] or ""))


def _compiled(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}; mend it") from error
    if _NOT_IN_RE2.search(pattern):
        raise ValueError(f"{pattern!r} looks around or back, which Prometheus cannot; write it without")


def duration(seconds: float) -> str:
    """Return a duration as Prometheus writes it: `90s`, `5m`, `6h`, `30d`."""
    whole = round(seconds)
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if whole and whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def number(value: float) -> str:
    """Return a number as short as it can be written without loss of what people wrote."""
    return f"{value:.12g}"
