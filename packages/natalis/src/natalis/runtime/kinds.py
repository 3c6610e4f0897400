"""Kinds of occasions: the packaged ones, and those an operator writes down as `[kinds.NAME]`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from natalis.domain.occasion import ANNIVERSARY, BIRTHDAY, KindRule, Until, check_kind
from natalis.domain.yearly_date import LeapDay
from natalis.errors import InvalidInput
from natalis.runtime.readers import read_lateness, read_local_time, read_span

DEFAULT_KINDS: Mapping[str, KindRule] = MappingProxyType(
    {BIRTHDAY: KindRule(BIRTHDAY), ANNIVERSARY: KindRule(ANNIVERSARY)}
)


def _read_leap_day(text: str) -> LeapDay:
    try:
        return LeapDay(text)
    except ValueError:
        raise ValueError("write backward, forward or omit") from None


_KEYS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "send_time": read_local_time,
        "lateness": read_lateness,
        "leap_day": _read_leap_day,
        "spread": read_span,
        "tolerance": read_span,
    }
)


def read_kinds(tables: object, problems: list[str]) -> Mapping[str, KindRule]:
    """Read the tables over the packaged kinds; faults are added to `problems`, one sentence each."""
    kinds = dict(DEFAULT_KINDS)
    if not isinstance(tables, dict):
        problems.append("natalis.toml: kinds must be tables such as [kinds.birthday]")
        return kinds
    for name, table in tables.items():
        try:
            rule = kinds.get(name) or KindRule(check_kind(name))
        except InvalidInput as error:
            problems.append(f"natalis.toml: [kinds.{name}]: {error.problem}; {error.remedy}")
            continue
        kinds[name] = _ruled(rule, table, problems)
    return MappingProxyType(kinds)


def _ruled(rule: KindRule, table: object, problems: list[str]) -> KindRule:
    where = f"natalis.toml: [kinds.{rule.kind}]"
    if not isinstance(table, dict):
        problems.append(f"{where}: must be a table of {', '.join(_KEYS)}")
        return rule
    changes: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, n=1) or sorted(_KEYS)
            problems.append(f"{where}: {key} is not a rule; use {' or '.join(close)}")
            continue
        try:
            changes[key] = _KEYS[key](str(value))
        except ValueError as error:
            problems.append(f"{where}: {key}: {str(value)!r} will not do; {error}")
    ruled = replace(rule, **changes)
    if isinstance(ruled.lateness, Until) and ruled.lateness.local <= ruled.send_time:
        problems.append(
            f"{where}: lateness: until {ruled.lateness.local:%H:%M} lies before the send time; choose a later one"
        )
    return ruled
