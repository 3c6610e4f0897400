"""The budget file as it stands: the service, how it is watched, its budgets and its scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from plimsoll.budget.file.amounts import Amount
from plimsoll.budget.file.boards import OwnBoard
from plimsoll.budget.file.outputs import Render
from plimsoll.budget.file.routing import Routing
from plimsoll.budget.measures.gauges import Take
from plimsoll.budget.sides import Good

ALERT_NAME: Final = "^[A-Z][A-Za-z0-9]*$"
"""What an alert's name looks like, as a regular expression."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class Action(StrEnum):
    """What happens when a budget's threshold is crossed."""

    FAIL = "fail"
    """A load test and a gate fail."""
    WARN = "warn"
    """They say so."""
    ALERT = "alert"
    """Somebody is told while the service runs; load tests leave it alone."""


class Endpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a service answers.

    Attributes:
        name: What flows, dashboards and reports call it.
        route: The template, for example `/user/{id}`.
        method: The HTTP method.
    """

    name: Name
    route: str
    method: str = "GET"


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose budgets these are.

    Attributes:
        name: As metrics and alerts call it.
        url: Where load tests find it unless they are told.
        endpoints: What it answers.
        runbooks: The address of the folder of runbooks, to which `alerts/<name>.html` is added; or of one page, with
            `{alert}` where the alert's name stands.
        grafana: The address of Grafana, where the rendered dashboards are: alerts carry a link to the panel that shows
            what they are about; none where it is left out.
    """

    name: Name
    url: str | None = None
    endpoints: tuple[Endpoint, ...] = ()
    runbooks: str | None = None
    grafana: str | None = None


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How Prometheus sees the service.

    Attributes:
        dialect: In whose words the metrics of requests are.
        sources: The labels by which the series of each source are found, such as `job="api"`; no source that is not
            named here is read.
        buckets: The upper bounds of the histogram of requests, in seconds, where they are not the dialect's own.
        traffic: Fewer events than these raise no alert, for a share of next to nothing says nothing; one a minute
            where it is left out.
        rate: The window over which counters are looked at; `5m` where it is left out.
    """

    dialect: str = "plimsoll"
    sources: Mapping[str, str] = {}
    buckets: tuple[float, ...] | None = None
    traffic: Amount | None = None
    rate: Amount | None = None


class OwnRatio(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some events of all events, both counters.

    Attributes:
        some: Of the events in question.
        all: Of all events; several are added up.
    """

    some: str
    all: str | tuple[str, ...]


class OwnQuantile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A percentile of a histogram.

    Attributes:
        of: The histogram, without `_bucket`.
        q: Which percentile, as a share such as 0.95.
        buckets: The upper bounds that it has.
    """

    of: str
    q: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    buckets: tuple[float, ...] = ()


class OwnMean(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mean of a histogram or summary.

    Attributes:
        of: The histogram, without `_sum`.
        by: Labels that make groups, of which the worst counts.
    """

    of: str
    by: tuple[str, ...] = ()


class OwnLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gauge.

    Attributes:
        of: The gauge.
        take: Which of several series counts.
    """

    of: str
    take: Take = Take.MAX


class OwnPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a whole, both gauges.

    Attributes:
        part: What is counted.
        whole: What there is.
        by: Labels that make groups, of which the worst counts.
    """

    part: str
    whole: str
    by: tuple[str, ...] = ("instance",)


class OwnIncrease(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By how much a counter grew.

    Attributes:
        of: The counter.
        over: The stretch of time.
    """

    of: str
    over: Amount


class OwnIndicator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that this service alone can promise, read in one of seven ways.

    Attributes:
        about: What it is, for tables and pages.
        good: On which side of its bound it is kept.
        ratio: A share of events.
        quantile: A percentile, in seconds.
        mean: A mean, in seconds.
        level: A gauge.
        part: A share of a gauge.
        rate: A counter's growth a second.
        increase: A counter's growth over a stretch of time.
    """

    about: str | None = None
    good: Good = Good.BELOW
    ratio: OwnRatio | None = None
    quantile: OwnQuantile | None = None
    mean: OwnMean | None = None
    level: OwnLevel | None = None
    part: OwnPart | None = None
    rate: str | None = None
    increase: OwnIncrease | None = None


class Severity(StrEnum):
    """Whom an alert wakes."""

    CRITICAL = "critical"
    """Somebody, now."""
    WARNING = "warning"
    """Whoever looks next."""


class Alert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tells somebody that a budget's bound is crossed.

    Attributes:
        name: Unique in the file, in CamelCase as alerts are named.
        lasts: How long the bound must be crossed before anybody is told.
        severity: Whom it wakes.
        means: What it means for those whom the service serves, in a sentence; `{threshold}` in it, or another of the
            figures, stands for what the file says.
        steps: What to look at first, in order; figures as in `means`.
        runbook: A page that says more than the rendered one, relative to the folder of runbooks.
    """

    name: Annotated[str, msgspec.Meta(pattern=ALERT_NAME, max_length=80)]
    lasts: Amount = msgspec.field(name="for")
    severity: Severity = Severity.WARNING
    means: str | None = None
    steps: tuple[str, ...] = ()
    runbook: str | None = None


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One promise.

    Attributes:
        name: Unique in the file.
        indicator: What is promised.
        target: What is aimed at.
        threshold: What must not be crossed; the target where it is left out.
        action: What happens when it is.
        endpoints: Names of the endpoints it holds for, each alone; for all of them together where it is left out.
        alert: Who is told while the service runs, and after how long; nobody where it is left out.
        window: The stretch of time that its error budget is for, such as `30d`; none is kept where it is left out.
        traffic: Fewer events a second than these raise no alert; the service's where it is left out.
        why: For whoever wonders.
    """

    name: Name
    indicator: str
    target: Amount
    threshold: Amount | None = None
    action: Action = Action.FAIL
    endpoints: tuple[str, ...] = ()
    alert: Alert | None = None
    window: Amount | None = None
    traffic: Amount | None = None
    why: str | None = None

    @property
    def bound(self) -> Amount:
        """What must not be crossed."""
        return self.threshold or self.target


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One load test.

    Attributes:
        flow: The file with the flow, beside the budget file.
        about: What it is for, in a sentence.
        load: Executors by name, as a flow's own `scenarios` would hold them; read by the load generator.
        budgets: Names of the budgets it is judged by; all that a load test can see where it is left out.
        thresholds: More conditions, in k6's words.
        env: What the flow is told.
    """

    flow: str
    load: Mapping[str, Mapping[str, Any]]
    about: str | None = None
    budgets: tuple[str, ...] | None = None
    thresholds: Mapping[str, Any] = {}
    env: Mapping[str, str] = {}


class BudgetFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole budget file.

    Attributes:
        service: Whose it is.
        watch: How Prometheus sees it; where it is left out, nothing is watched.
        indicators: What it alone can promise, by name.
        budgets: What it promises.
        scenarios: How that is tried, by name.
        dashboards: Which of the built-in boards are wanted; where it is left out, all that have something to show.
        boards: Boards of its own by name, and rows of its own for built-in ones.
        routing: Who is told of its alerts; where it is left out, PagerDuty and Slack.
        render: Where what is rendered goes; where it is left out, into the folder `rendered` beside the file.
    """

    service: Service
    watch: Watch | None = None
    indicators: Mapping[str, OwnIndicator] = {}
    budgets: tuple[Budget, ...] = ()
    scenarios: Mapping[str, Scenario] = {}
    dashboards: tuple[str, ...] | None = None
    boards: Mapping[str, OwnBoard] = {}
    routing: Routing | None = None
    render: Render | None = None
