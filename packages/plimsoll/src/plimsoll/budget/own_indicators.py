"""Indicators that a budget file defines for itself, as the catalogue's are defined."""

from __future__ import annotations

from collections.abc import Callable

from plimsoll.budget.file.amounts import Unit
from plimsoll.budget.file.model import OwnIndicator
from plimsoll.budget.indicators import Indicator
from plimsoll.budget.measures import Increase, Level, Mean, Measure, Part, Quantile, Rate, Ratio, Take
from plimsoll.budget.promql import selector_of
from plimsoll.budget.sides import Good

WAYS = ("ratio", "quantile", "mean", "level", "part", "rate", "increase")
"""The keys of which an indicator of one's own has exactly one."""


def indicator_of(name: str, own: OwnIndicator) -> Indicator:
    """Return it.

    Raises:
        ValueError: It is read in no way or in several, or by what is no selector.
    """
    unit, measure = _read(own)
    objective = own.quantile.q if own.quantile else None
    about = own.about or f"{name.capitalize()}."
    return Indicator(name, about, unit, own.good, live=lambda _: measure, objective=objective)


def _read(own: OwnIndicator) -> tuple[Unit, Measure]:
    ways = [way for way in WAYS if getattr(own, way) is not None]
    if len(ways) != 1:
        raise ValueError(f"it is read in {len(ways)} ways; give it one of {', '.join(WAYS)}")
    return _BUILDERS[ways[0]](own)


def _ratio(own: OwnIndicator) -> tuple[Unit, Measure]:
    assert own.ratio is not None  # noqa: S101 - chosen by it
    several = (own.ratio.all,) if isinstance(own.ratio.all, str) else own.ratio.all
    good = own.good is Good.ABOVE
    return Unit.SHARE, Ratio(selector_of(own.ratio.some), tuple(map(selector_of, several)), some_are_good=good)


def _quantile(own: OwnIndicator) -> tuple[Unit, Measure]:
    assert own.quantile is not None  # noqa: S101 - as above
    return Unit.SECONDS, Quantile(selector_of(own.quantile.of), own.quantile.q, own.quantile.buckets)


def _mean(own: OwnIndicator) -> tuple[Unit, Measure]:
    assert own.mean is not None  # noqa: S101 - as above
    return Unit.SECONDS, Mean(selector_of(own.mean.of), own.mean.by)


def _level(own: OwnIndicator) -> tuple[Unit, Measure]:
    assert own.level is not None  # noqa: S101 - as above
    return Unit.NUMBER, Level(selector_of(own.level.of), own.level.take)


def _part(own: OwnIndicator) -> tuple[Unit, Measure]:
    assert own.part is not None  # noqa: S101 - as above
    take = Take.MAX if own.good is Good.BELOW else Take.MIN
    return Unit.SHARE, Part(selector_of(own.part.part), selector_of(own.part.whole), own.part.by, take)


def _rate(own: OwnIndicator) -> tuple[Unit, Measure]:
    assert own.rate is not None  # noqa: S101 - as above
    return Unit.PER_SECOND, Rate(selector_of(own.rate))


def _increase(own: OwnIndicator) -> tuple[Unit, Measure]:
    assert own.increase is not None  # noqa: S101 - as above
    return Unit.NUMBER, Increase(selector_of(own.increase.of), own.increase.over.value)


_BUILDERS: dict[str, Callable[[OwnIndicator], tuple[Unit, Measure]]] = {
    "ratio": _ratio,
    "quantile": _quantile,
    "mean": _mean,
    "level": _level,
    "part": _part,
    "rate": _rate,
    "increase": _increase,
}
