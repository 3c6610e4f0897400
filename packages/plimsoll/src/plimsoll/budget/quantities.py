"""Quantities as pages and tables show them, in the words of the budget file: `8 min 40 s`, `0.1 %`, `1,000/s`."""

from __future__ import annotations

from typing import Final

from plimsoll.budget.file.amounts import Unit

_PARTS: Final = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
_SIZES: Final = ("B", "KB", "MB", "GB", "TB")


def time(seconds: float) -> str:
    """Return a length of time in its two largest units: `300 ms`, `52 s`, `8 min 40 s`, `3 d 6 h`."""
    if seconds < 1:
        return f"{_short(seconds * 1000)} ms"
    if seconds < 10:  # noqa: PLR2004 - where a tenth of a second still matters
        return f"{_short(seconds)} s"
    left, found = round(seconds), []
    for unit, size in _PARTS:
        amount, left = divmod(left, size)
        if amount:
            found.append(f"{amount} {unit}")
    return " ".join(found[:2])


def share(part: float) -> str:
    """Return a share as percent; one that is small and not nothing is never shown as nothing."""
    percent = 100 * part
    if 0 < abs(percent) < 0.0001:  # noqa: PLR2004 - less than a promise ever says
        return "under 0.0001 %"
    return f"{percent:,.0f} %" if abs(percent) >= 100 else f"{_exact(percent)} %"  # noqa: PLR2004 - whole ones


def _exact(percent: float) -> str:
    """Return what people wrote, such as 99.95, as it is, and what was computed in three figures."""
    written = f"{percent:.4g}"
    return written if abs(percent - float(written)) < 1e-9 else f"{percent:.3g}"  # noqa: PLR2004 - noise of floats


def quantity(value: float, unit: Unit) -> str:
    """Return a value in the base of its unit as the budget file would write it."""
    match unit:
        case Unit.SECONDS:
            return time(value)
        case Unit.SHARE:
            return share(value)
        case Unit.PER_SECOND:
            return f"{_short(value)}/s"
        case Unit.BYTES:
            return _size(value)
        case Unit.NUMBER:
            return _short(value)


def _size(value: float) -> str:
    step = 0
    while abs(value) >= 1000 and step < len(_SIZES) - 1:  # noqa: PLR2004 - kilo
        value, step = value / 1000, step + 1
    return f"{_short(value)} {_SIZES[step]}"


def _short(value: float) -> str:
    """Three figures, or all before the point; no zeros at the end."""
    if abs(value) >= 100:  # noqa: PLR2004 - three figures
        return f"{value:,.0f}"
    return f"{value:.3g}"
