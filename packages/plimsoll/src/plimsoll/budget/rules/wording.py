"""How alerts' texts read: as Go's templates, and as what Prometheus makes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import trunc
from typing import Final

from plimsoll.budget.file.amounts import Unit

_TEMPLATES: Final = {
    Unit.SECONDS: "{{ $value | humanizeDuration }}",
    Unit.SHARE: "{{ $value | humanizePercentage }}",
    Unit.PER_SECOND: "{{ $value | humanize }}/s",
    Unit.BYTES: "{{ $value | humanize1024 }}B",
    Unit.NUMBER: "{{ $value | humanize }}",
}
ENDPOINT: Final = "{{ $labels.endpoint }}"
"""The template of an endpoint's name."""
FACTOR: Final = "{{ $value | humanize }}"
"""The template of a value that is a factor."""
_BRACES: Final = '{{ "{{" }}'
_THOUSAND, _KIBI, _MINUTE = 1000.0, 1024.0, 60


def template(unit: Unit) -> str:
    """Return the template that puts an alert's value into words."""
    return _TEMPLATES[unit]


def literal(text: str) -> str:
    """Return the template of a text as people wrote it, braces and all."""
    return text.replace("{{", _BRACES)


def shown(texts: Mapping[str, str], value: str, endpoint: str) -> dict[str, str]:
    """Return what Prometheus makes of templates.

    Args:
        texts: By name.
        value: What the alert's value reads like.
        endpoint: Of which it tells.
    """
    templates = {**dict.fromkeys(_TEMPLATES.values(), value), ENDPOINT: endpoint, _BRACES: "{{"}
    meant = re.compile("|".join(map(re.escape, templates)))
    return {name: meant.sub(lambda found: templates[found[0]], text) for name, text in texts.items()}


def words(value: float, unit: Unit) -> str:
    """Return what Prometheus makes of the template (`template/template.go` of 2.42)."""
    match unit:
        case Unit.SECONDS:
            return _lasting(value)
        case Unit.SHARE:
            return f"{value * 100:.4g}%"
        case Unit.PER_SECOND:
            return f"{human(value)}/s"
        case Unit.BYTES:
            return f"{_scaled(value, _KIBI, ('ki', 'Mi', 'Gi', 'Ti'))}B"
        case Unit.NUMBER:
            return human(value)


def human(value: float) -> str:
    """Return what Prometheus makes of a number: `20`, `1.5k`, `200m`."""
    return _scaled(value, _THOUSAND, ("k", "M", "G", "T")) if abs(value) >= 1 else _small(value)


def _small(value: float) -> str:
    prefix = ""
    for each in ("m", "u", "n"):
        if value == 0 or abs(value) >= 1:
            break
        value, prefix = value * _THOUSAND, each
    return f"{value:.4g}{prefix}"


def _scaled(value: float, step: float, prefixes: tuple[str, ...]) -> str:
    prefix = ""
    for each in prefixes:
        if abs(value) < step:
            break
        value, prefix = value / step, each
    return f"{value:.4g}{prefix}"


def _lasting(seconds: float) -> str:
    if seconds < 1:
        return f"{_small(seconds)}s"
    minutes, rest = divmod(trunc(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    days, hours = divmod(hours, 24)
    parts = [f"{days}d", f"{hours}h", f"{minutes}m", f"{rest}s"]
    first = next((at for at, amount in enumerate((days, hours, minutes)) if amount), None)
    return f"{seconds:.4g}s" if first is None else " ".join(parts[first:])
