"""Runs as reports meet them: one that went well, one in which a service froze, and one that means harm."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plimsoll.measure import names
from plimsoll.measure.recording import Metric, Recording, tags
from plimsoll.measure.run import Run, Scenario
from plimsoll.measure.tallies import Counter, Gauge, Rate, Trend
from plimsoll.measure.thresholds import Judge, thresholds_of
from plimsoll.measure.timeline import Timeline

SECONDS = 60
ENDPOINTS = (("POST", "create", 0.3, 42.0), ("GET", "read", 0.5, 18.0), ("DELETE", "/users/{id}", 0.2, 26.0))
THRESHOLDS = {
    "http_req_duration": ["p(95)<500", "p(99)<1000"],
    "http_req_duration{name:create}": ["p(95)<400"],
    "http_req_latency": [{"threshold": "p(99)<1000", "window": "10s"}],
    "http_req_failed": ["rate<0.01"],
    "checks": ["rate>0.99"],
    "http_reqs": ["rate>100"],
    "http_req_duration{name:nobody}": ["p(95)<500"],
}
SCENARIO = Scenario(
    name="mixed",
    executor="ramping-arrival-rate",
    load="from 50 to 200 iterations/s in 20 s, then 200 for 40 s, at most 400 users",
    is_open=True,
    starts_after=timedelta(0),
    lasts=timedelta(seconds=SECONDS),
    stages=((timedelta(seconds=20), 200.0), (timedelta(seconds=40), 200.0)),
    plan=((timedelta(0), 50.0), (timedelta(seconds=20), 200.0), (timedelta(seconds=60), 200.0)),
)


def add(recording: Recording, metric: Metric, value: float, **named: str) -> None:
    match recording.tally(metric, tags(**named)):
        case Counter() as counter:
            counter.add(value)
        case Gauge() as gauge:
            gauge.set(value, gauge.at + 1)
        case Rate() as rate:
            rate.add(hit=bool(value))
        case Trend() as trend:
            trend.add(value)


def second(number: int, chance: random.Random, *, freezes: bool) -> Recording:
    """What one second of a run records; from second 30 to 32 a service may be frozen."""
    recording = Recording()
    wait = 2000.0 - (number - 30) * 1000 if freezes and 30 <= number < 32 else 0.0
    for _ in range(min(50 + number * 7, 200)):
        method, name, _, usual = chance.choices(ENDPOINTS, [each[2] for each in ENDPOINTS])[0]
        service = chance.lognormvariate(0, 0.5) * usual
        failed = chance.random() < (0.2 if wait else 0.002)
        status, code = ("503", "") if failed and chance.random() < 0.5 else ("0", "timeout") if failed else ("200", "")
        named = {"name": name, "method": method, "status": status, "scenario": "mixed"}
        named |= {"error_code": code} if code else {}
        add(recording, names.HTTP_REQS, 1, **named)
        add(recording, names.HTTP_REQ_FAILED, failed, **named)
        add(recording, names.HTTP_REQ_DURATION, service + wait / 20, **named)
        add(recording, names.HTTP_REQ_LATENCY, service + wait * chance.random() + chance.random(), **named)
        add(recording, names.ITERATIONS, 1, scenario="mixed")
        add(recording, names.CHECKS, not failed, check="status is 200", group="::checkout")
        add(recording, names.CHECKS, value=1, check="body is JSON", group="")
        add(recording, names.DATA_RECEIVED, 1800)
        add(recording, names.DATA_SENT, 240)
    if wait:
        add(recording, names.DROPPED_ITERATIONS, 12, scenario="mixed")
    recording.merge(_users(8 + wait / 10 + chance.randrange(4), number))
    return recording


def _users(busy: float, at: int) -> Recording:
    recording = Recording()
    recording.series[(names.VUS.name, ())] = Gauge(busy, busy, busy, at)
    recording.metrics[names.VUS.name] = names.VUS
    return recording


def make_run(*, freezes: bool) -> Run:
    chance = random.Random(7)
    whole, timeline, judge = Recording(), Timeline(), Judge(thresholds_of(THRESHOLDS))
    for number in range(SECONDS):
        part = second(number, chance, freezes=freezes)
        whole.merge(part)
        timeline.add(number, part)
        judge.feed(part, timedelta(seconds=number + 1))
    lasted = timedelta(seconds=SECONDS)
    return Run(
        name="mixed operations",
        started_at=datetime(2026, 3, 14, 9, 0, tzinfo=UTC),
        lasted=lasted,
        scenarios=(SCENARIO,),
        recording=whole,
        timeline=timeline,
        thresholds=judge.judge(whole, lasted),
        error_examples={"timeout": "no answer within 10 s", "status_503": "503 Service Unavailable"},
        environment={"commit": "4d1f0c2", "python": "3.11.7", "plimsoll": "0.1.0", "processes": "2"},
    )


@pytest.fixture(scope="session")
def good() -> Run:
    return make_run(freezes=False)


@pytest.fixture(scope="session")
def frozen() -> Run:
    """A run of a service that froze for two seconds: some thresholds are crossed."""
    return make_run(freezes=True)


@pytest.fixture(scope="session")
def invalid(good: Run) -> Run:
    return replace(
        good,
        reasons=("2.1 % of the arrivals started more than 50 ms late: the generator ran out of CPU.",),
        partial="interrupted",
        shards=("1/2",),
        time_scale=10.0,
    )


EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m|`@team`\n\u202e'


@pytest.fixture(scope="session")
def hostile() -> Run:
    """Names that would break out of any format, and ten thousand endpoints."""
    recording, timeline = Recording(), Timeline()
    for number in range(10_000):
        named = {"name": f"/{number}/{EVIL}", "method": "GET"}
        add(recording, names.HTTP_REQS, 1, **named)
        add(recording, names.HTTP_REQ_FAILED, number % 2, error_code=EVIL, **named)
        add(recording, names.HTTP_REQ_LATENCY, number + 1, **named)
    add(recording, names.CHECKS, 0, check=EVIL, group=f"::{EVIL}")
    timeline.add(0, recording)
    judge = Judge(thresholds_of({f'http_req_latency{{name:"{EVIL}"}}': "max<1", "http_req_latency": "max<1"}))
    return Run(
        name=EVIL,
        started_at=datetime(2026, 3, 14, 9, 0, tzinfo=UTC),
        lasted=timedelta(seconds=1),
        scenarios=(replace(SCENARIO, name=EVIL, load=EVIL, executor=EVIL),),
        recording=recording,
        timeline=timeline,
        thresholds=judge.judge(recording, timedelta(seconds=1)),
        reasons=(EVIL,),
        warnings=(EVIL,),
        partial=EVIL,
        shards=(EVIL,),
        error_examples={EVIL: EVIL},
        environment={EVIL: EVIL},
    )
