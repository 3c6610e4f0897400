"""k6's summaries, in each of their JSON forms, as what is said of a run.

Three forms are read. The data of `handleSummary` say of a threshold `{"ok": true}` where it held. `--summary-export`
says `true` where it was *crossed*, calls a rate's share `value`, and gives no metric's kind and no length of the run.
The machine-readable summary of k6 1.5 and later says `matches` and `total` of a rate, and nothing of thresholds.
In all of them the *passes* of `http_req_failed` are requests that failed, and `http_req_duration` is service time: k6
knows nothing of when a request was due.

Sources: k6's documentation, "Results output"; its `internal/lib/summary`; summaries that k6 0.49 to 1.6 wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from plimsoll.errors import InvalidInput
from plimsoll.measure.conditions import IN_EVERY, condition_in, selector_of
from plimsoll.measure.names import BUILT_IN
from plimsoll.measure.recording import Contains, Kind, Metric
from plimsoll.measure.run import OBJECTIVE, Judged, Verdict
from plimsoll.measure.thresholds import Threshold
from plimsoll.report.findings import Check, Endpoint, Failure, Figures, Findings, burn_of

_REMEDY: Final = "give what k6 wrote with --summary-export, or the data of handleSummary as JSON"
_CLOSED: Final = (
    "k6 measures from when a request was sent, not from when it was due: waiting before that is not in here."
)
_NO_VERDICTS: Final = "This form of k6's summary says nothing of thresholds: give them again to have them judged."


def read_k6(
    text: str | bytes, name: str = "k6", objective: float = OBJECTIVE, thresholds: Iterable[Threshold] = ()
) -> Findings:
    """Return what a summary of k6 says.

    Args:
        text: The file: `--summary-export`, the data of `handleSummary`, or k6 1.5's machine-readable summary.
        name: What to call the run.
        objective: Which share of requests shall succeed over a month, for the error budget.
        thresholds: To be judged besides those k6 judged, by the figures that the summary holds.

    Raises:
        InvalidInput: It is none of these.
    """
    try:
        plain = msgspec.json.decode(text, type=dict[str, Any])
        return _Summary(plain).findings(name, objective, tuple(thresholds))
    except (msgspec.MsgspecError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(name, f"it is no summary of k6: {error}", _REMEDY) from error


class _Summary:
    """One file, whichever its form."""

    def __init__(self, plain: dict[str, Any]) -> None:
        self._plain = plain
        self._is_machine = "results" in plain and "version" in plain
        found = plain["results"]["metrics"] if self._is_machine else plain["metrics"]
        self._metrics: dict[str, dict[str, Any]] = (
            {each["name"]: each for each in found} if isinstance(found, list) else dict(found)
        )
        self.seconds = self._length()
        self.figures = {name: _figures(name, each, self.seconds) for name, each in self._metrics.items()}

    def findings(self, name: str, objective: float, thresholds: tuple[Threshold, ...]) -> Findings:
        judged = (*self._judged(), *(_judge(each, self.figures) for each in thresholds))
        hits, requests = self._failed()
        lasted = timedelta(seconds=self.seconds)
        reasons, partial, warnings = self._said()
        unjudged = _NO_VERDICTS if self._is_machine and not thresholds else None
        crossed = any(each.holds is False for each in judged)
        return Findings(
            name=name,
            verdict=Verdict.INVALID if reasons else Verdict.FAIL if crossed else Verdict.PASS,
            lasted=lasted,
            reasons=reasons,
            warnings=tuple(each for each in (*warnings, _CLOSED, unjudged) if each),
            partial=partial,
            started_at=self._started_at(lasted),
            metrics=tuple(self.figures[each] for each in sorted(self.figures)),
            thresholds=judged,
            checks=tuple(self._checks()),
            endpoints=tuple(self._endpoints()),
            failures=(Failure("failed", round(hits), hits / requests, ""),) if hits and requests else (),
            burn=burn_of(requests, hits, lasted, objective),
            environment=self._environment(),
            made_by="k6",
        )

    def _values(self, name: str) -> Mapping[str, float]:
        return self.figures[name].values if name in self.figures else {}

    def _failed(self) -> tuple[float, float]:
        """Return how many requests failed, of how many."""
        failed = self._values("http_req_failed")
        if "passes" in failed:
            return failed["passes"], failed["passes"] + failed["fails"]
        requests = self._values("http_reqs").get("count", 0.0)
        return requests * failed.get("rate", 0.0), requests

    def _length(self) -> float:
        state, config = self._plain.get("state"), self._plain.get("config")
        if isinstance(state, dict) and "testRunDurationMs" in state:
            return float(state["testRunDurationMs"]) / 1000
        if self._is_machine and isinstance(config, dict):
            return float(config["duration"])
        counted = (self._metrics.get(name, {}) for name in ("iterations", "http_reqs", "data_received"))
        return next((each["count"] / each["rate"] for each in counted if each.get("rate")), 0.0)

    def _said(self) -> tuple[tuple[str, ...], str | None, tuple[str, ...]]:
        """What Plimsoll wrote beside the form of k6, where it was Plimsoll that wrote it."""
        ours = self._plain.get("plimsoll")
        if not isinstance(ours, dict):
            return (), None, ()
        return tuple(map(str, ours.get("reasons", ()))), ours.get("partial"), tuple(map(str, ours.get("warnings", ())))

    def _started_at(self, lasted: timedelta) -> datetime | None:
        if not self._is_machine:
            return None
        return datetime.fromisoformat(self._plain["metadata"]["generatedAt"]) - lasted

    def _environment(self) -> Mapping[str, str]:
        if not self._is_machine:
            return {}
        found = {"k6": self._plain["metadata"].get("k6Version"), "script": self._plain["config"].get("script")}
        return {name: str(value) for name, value in found.items() if value}

    def _judged(self) -> Iterator[Judged]:
        for name, plain in self._metrics.items():
            for condition, said in plain.get("thresholds", {}).items():
                flag = said["ok"] if isinstance(said, dict) else said
                if not isinstance(flag, bool):
                    raise TypeError(f"{condition!r} of {name} is neither held nor crossed")
                holds = flag if isinstance(said, dict) else not flag
                actual = self.figures[name].values.get(condition_in(condition, name).figure)
                empty, windowed = _is_empty(self.figures[name]), IN_EVERY in condition
                yield Judged(name, condition, None if empty and holds else holds, None if empty or windowed else actual)

    def _checks(self) -> Iterator[Check]:
        if self._is_machine:
            checks = self._plain["results"].get("checks") or {}
            for each in _listed(checks.get("results") or checks.get("orderedChecks") or []):
                yield Check("", each["name"], each["passes"], each["fails"])
        elif root := self._plain.get("root_group"):
            yield from _checks_in(root, "")

    def _endpoints(self) -> Iterator[Endpoint]:
        """Sub-metrics by name are what k6 knows of endpoints: there are those that thresholds asked for."""
        for selector, figures in self.figures.items():
            tags = dict(figures.tags)
            if figures.metric.name != "http_req_duration" or set(tags) - {"method"} != {"name"} or _is_empty(figures):
                continue
            values, of = figures.values, selector.partition("{")[2]
            failed, reqs = self._values(f"http_req_failed{{{of}"), self._values(f"http_reqs{{{of}")
            service = tuple(values[each] for each in ("med", "p(95)", "p(99)") if each in values)
            yield Endpoint(
                tags.get("method", ""),
                tags["name"],
                round(reqs.get("count", values.get("count", failed.get("passes", 0) + failed.get("fails", 0)))),
                reqs.get("rate", 0.0),
                round(failed.get("passes", 0)),
                (),
                service if len(service) == len(("med", "p(95)", "p(99)")) else (),
            )


def _figures(name: str, plain: Mapping[str, Any], seconds: float) -> Figures:
    selector = selector_of(name)
    values = {key: float(value) for key, value in _values(plain).items() if _is_number(value)}
    known = BUILT_IN.get(selector.metric)
    kind = Kind(plain["type"]) if "type" in plain else known.kind if known else _kind(values)
    if kind is Kind.RATE:
        values = _of_rate(values)
    elif kind is Kind.COUNTER and "rate" not in values:
        values["rate"] = values["count"] / seconds if seconds else 0.0
    contains = Contains(plain.get("contains") or (known.contains if known else Contains.DEFAULT))
    return Figures(Metric(selector.metric, kind, contains), name, values, selector.tags)


def _of_rate(values: Mapping[str, float]) -> dict[str, float]:
    """Return a rate by one set of names: its share is `rate` or `value` in k6, its hits are `passes` or `matches`."""
    found = {"rate": values.get("rate", values.get("value", 0.0))}
    if (hits := values.get("passes", values.get("matches"))) is not None:
        found |= {"passes": hits, "fails": values.get("fails", values.get("total", hits) - hits)}
    return found


def _values(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    values = plain.get("values", plain)
    if not isinstance(values, Mapping):
        raise TypeError("the values of a metric are no mapping")
    return values


def _kind(values: Mapping[str, float]) -> Kind:
    if "avg" in values or "med" in values or any(each.startswith("p(") for each in values):
        return Kind.TREND
    if "passes" in values or "matches" in values:
        return Kind.RATE
    if "count" in values:
        return Kind.COUNTER
    return Kind.GAUGE if "min" in values or "max" in values else Kind.RATE


def _is_empty(figures: Figures) -> bool:
    """Whether nothing was recorded: k6 writes zeros then, and lets every upper bound hold."""
    values = figures.values
    match figures.metric.kind:
        case Kind.TREND:
            return values.get("count", 1.0) == 0 or (bool(figures.tags) and not any(values.values()))
        case Kind.RATE:
            return "passes" in values and values["passes"] + values["fails"] == 0 and values["rate"] == 0
        case Kind.COUNTER | Kind.GAUGE:
            return False


def _judge(threshold: Threshold, figures: Mapping[str, Figures]) -> Judged:
    known = figures.get(threshold.metric)
    actual = None if known is None or _is_empty(known) else known.values.get(threshold.judged.figure)
    holds = None if actual is None else threshold.judged.holds(actual)
    return Judged(threshold.metric, threshold.words, holds, actual)


def _checks_in(group: Mapping[str, Any], path: str) -> Iterator[Check]:
    for each in _listed(group.get("checks") or []):
        yield Check(path, each["name"], each["passes"], each["fails"])
    for each in _listed(group.get("groups") or []):
        yield from _checks_in(each, f"{path}::{each['name']}")


def _listed(found: Any) -> list[Any]:
    """Groups and checks are a list in the data of `handleSummary`, and a mapping by name in `--summary-export`."""
    return list(found.values()) if isinstance(found, dict) else list(found)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
