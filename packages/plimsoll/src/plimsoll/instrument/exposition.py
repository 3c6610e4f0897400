"""Metrics as text: Prometheus' text format or OpenMetrics, as a scraper accepts it, compressed where it asks."""

from __future__ import annotations

import asyncio
import gzip
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol

from plimsoll.instrument.cells.values import Cells, Exemplar, Kind, Shape

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
COMPRESSED_FROM: Final = 1400
"""Bytes: what fits one packet gains nothing by being smaller."""
_QUICK: Final = 1  # of gzip's levels: a tenth of the size for a third of the time of level 6
_ESCAPED = re.compile(r'[\\\n"]')
_ESCAPES = {"\\": r"\\", "\n": r"\n", '"': r"\""}
_WEIGHT = re.compile(r"\bq\s*=\s*([0-9.]+)")


class Format(Enum):
    """How metrics are written; the value is the media type."""

    TEXT = CONTENT_TYPE
    OPENMETRICS = OPENMETRICS_TYPE


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of one label set.

    Attributes:
        labels: As text: `method="GET",route="/"`; empty for none.
        cells: As `Shape.width` has them.
        exemplars: One for each bucket of a histogram; None where there is none at all.
    """

    labels: str
    cells: Cells
    exemplars: Sequence[Exemplar | None] | None = None


class Foreign(Protocol):
    """A family as prometheus_client has it."""

    name: str
    documentation: str
    type: str
    samples: list[Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a scraper is told."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


class Exposed(Protocol):
    """What can be scraped."""

    def refresh(self) -> None:
        """Read what is read when scraped; belongs to the event loop's thread."""

    def told(self, form: Format) -> bytes:
        """Return everything as text; belongs to no thread."""


async def scraped(exposed: Exposed, accept: str, accept_encoding: str) -> Answer:
    """Return what a scraper is told that sent these headers; empty for those it did not send.

    The text is put together in a thread, so that a large one does not hold up the requests of this process.
    """
    exposed.refresh()
    return await asyncio.to_thread(_answered, exposed, accept, accept_encoding)


def _answered(exposed: Exposed, accept: str, accept_encoding: str) -> Answer:
    form = negotiated(accept)
    body = exposed.told(form)
    headers = [(b"content-type", form.value.encode()), (b"vary", b"accept, accept-encoding")]
    if len(body) >= COMPRESSED_FROM and _accepts(accept_encoding, "gzip"):
        body = gzip.compress(body, _QUICK, mtime=0)
        headers.append((b"content-encoding", b"gzip"))
    return Answer(body, (*headers, (b"content-length", b"%d" % len(body))))


def negotiated(accept: str) -> Format:
    """Return OpenMetrics for whoever names it, and the text that everybody reads for all others."""
    return Format.OPENMETRICS if _accepts(accept, "application/openmetrics-text") else Format.TEXT


def labels_text(names: Sequence[str], values: Sequence[str]) -> str:
    """Return labels as text; a label whose value is empty is left out, as it means the same."""
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True) if value)


def rendered(
    families: Iterable[tuple[Shape, Sequence[Series]]], form: Format, foreign: Iterable[Foreign] = ()
) -> bytes:
    """Return families as text; of two of one name the first."""
    lines: list[str] = []
    told: set[str] = set()
    for shape, series in families:
        told.add(shape.name)
        lines += _head(shape, form)
        if shape.kind is Kind.HISTOGRAM:
            for each in series:
                lines += _histogram(shape, each, form)
        else:
            lines += [_line(shape.name, each.labels, each.cells[0]) for each in series]
    for family in foreign:
        if family.name not in told:
            lines += _foreign(family, form)
    if form is Format.OPENMETRICS:
        lines.append("# EOF\n")
    return "".join(lines).encode()


def _head(shape: Shape, form: Format) -> list[str]:
    name = shape.name
    if form is Format.OPENMETRICS and shape.kind is Kind.COUNTER:
        name = name.removesuffix("_total")
    return [f"# HELP {name} {_explained(shape.explained, form)}\n", f"# TYPE {name} {shape.kind.value}\n"]


def _line(name: str, labels: str, value: float) -> str:
    return f"{name}{{{labels}}} {_number(value)}\n" if labels else f"{name} {_number(value)}\n"


def _histogram(shape: Shape, series: Series, form: Format) -> Iterator[str]:
    cells, count = series.cells, 0.0
    exemplars = series.exemplars if form is Format.OPENMETRICS else None
    start = f'{shape.name}_bucket{{{series.labels},le="' if series.labels else f'{shape.name}_bucket{{le="'
    for at in range(1, len(cells)):
        count += cells[at]
        bound = repr(shape.bounds[at - 1]) if at <= len(shape.bounds) else "+Inf"
        note = "" if exemplars is None else _exemplar(exemplars[at - 1])
        yield f'{start}{bound}"}} {count!r}{note}\n'
    yield _line(f"{shape.name}_sum", series.labels, cells[0])
    yield _line(f"{shape.name}_count", series.labels, count)


def _exemplar(found: Exemplar | None) -> str:
    if found is None:
        return ""
    return f' # {{trace_id="{_escaped(found.trace)}"}} {_number(found.value)} {found.at:.3f}'


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _escaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], value) if _ESCAPED.search(value) else value


def _explained(text: str, form: Format) -> str:
    if form is Format.OPENMETRICS:
        return _escaped(text)
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _foreign(family: Foreign, form: Format) -> Iterator[str]:
    """Yield a family of prometheus_client's, without the series of when each was made: they double the number."""
    counts = family.type in {"counter", "histogram", "summary"}
    name = f"{family.name}_total" if family.type == "counter" and form is Format.TEXT else family.name
    yield f"# HELP {name} {_explained(family.documentation, form)}\n"
    yield f"# TYPE {name} {family.type if family.type in _KNOWN or form is Format.OPENMETRICS else 'untyped'}\n"
    for sample in family.samples:
        if not (counts and sample.name.endswith("_created")):
            yield _line(sample.name, labels_text(list(sample.labels), list(sample.labels.values())), sample.value)


_KNOWN: Final = frozenset({"counter", "gauge", "histogram", "summary", "untyped"})


def _accepts(header: str, wanted: str) -> bool:
    """Return whether a header of preferences names what is wanted, and not with a weight of nothing."""
    for each in header.lower().split(","):
        kind, _, parameters = each.partition(";")
        if kind.strip() == wanted:
            weight = _WEIGHT.search(parameters)
            return weight is None or weight[1].strip("0.") != ""
    return False
