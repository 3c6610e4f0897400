"""What cannot be kept, seen or told is refused when the file is read, with its place, the reason and a remedy."""

from __future__ import annotations

import pytest

from plimsoll.budget.file.reading import read_text
from plimsoll.errors import InvalidInput

FILE = """\
service:
  name: shop
  endpoints:
    - {name: pay, route: /pay, method: POST}
watch:
  sources:
    http: job="shop"
    node: job="node"
  rate: 5m
indicators:
  late:
    ratio:
      some: late_total
      all: sent_total
  slow:
    quantile: {of: took_seconds, q: 0.95, buckets: [0.1, 0.3, 1]}
  missed:
    increase: {of: missed_total, over: 1h}
  warmth:
    good: above
    level: {of: degrees}
budgets:
  - name: latency
    indicator: latency p95
    target: 300 ms
    window: 30d
    alert:
      name: HighLatency
      for: 5m
  - name: pay errors
    indicator: errors
    target: 0.1 %
    endpoints: [pay]
    window: 30d
    alert:
      name: PayErrors
      for: 2m
  - name: up
    indicator: instances up
    target: "1"
    alert:
      name: Down
      for: 1m
  - name: available
    indicator: availability
    target: 99.9 %
    alert:
      name: Unavailable
      for: 1m
  - name: slow
    indicator: slow
    target: 300 ms
    alert:
      name: Slow
      for: 1m
  - name: cpu
    indicator: cpu
    target: 80 %
    alert:
      name: Busy
      for: 1m
  - name: cold
    indicator: warmth
    target: "1"
    alert:
      name: Cold
      for: 1m
scenarios:
  smoke:
    flow: flow.py
    load: {}
    budgets: [latency]
"""


def refused(right: str, wrong: str) -> str:
    assert right in FILE
    with pytest.raises(InvalidInput) as raised:
        read_text(FILE.replace(right, wrong, 1), "x.yaml")
    return str(raised.value)


def test_the_file_that_is_spoiled_below_is_good() -> None:
    assert len(read_text(FILE).budgets) == 7


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('    http: job="shop"\n', "", "27:7: budgets[0].alert: latency p95 has no data: nothing that is watched"),
        ('    node: job="node"\n', "", "59:7: budgets[5].alert: cpu has no data: nothing that is watched measures it:"),
        ("  sources:\n", "  dialect: nginx\n  sources:\n", "29:7: budgets[0].alert: latency p95 has no data: its"),
        (
            "indicator: cpu\n    target: 80 %",
            "indicator: latency max\n    target: 1 s",
            "60:7: budgets[5].alert: latency max is not seen while the service runs, only by a load test; leave alert",
        ),
        (
            "indicator: cpu\n    target: 80 %\n    alert:\n      name: Busy\n      for: 1m",
            "indicator: latency max\n    target: 1 s\n    window: 30d",
            "59:13: budgets[5].window: latency max is not seen while the service runs",
        ),
        ("target: 300 ms", "target: 400 ms", "25:13: budgets[0].target: no bucket of http_request_duration_seconds"),
        (
            "target: 300 ms\n    window",
            "target: 300 ms\n    threshold: 600 ms\n    window",
            "26:16: budgets[0].threshold: no bucket of http_request_duration_seconds ends at 600 ms",
        ),
        ("  rate: 5m", "  buckets: [0.1, 1]", "25:13: budgets[0].target: no bucket of http_request_duration_seconds"),
        ("  rate: 5m", "  buckets: [1, 0.3]", "9:12: watch.buckets: they do not grow; write each upper bound once"),
        ("[0.1, 0.3, 1]", "[0.3, 0.3]", "16:52: indicators.slow.quantile.buckets: they do not grow; write each"),
        (
            "indicator: slow\n    target: 300 ms",
            "indicator: slow\n    target: 1 s",
            "54:7: budgets[4].alert: no percentile of took_seconds is ever above its last bucket of 1 s: it can never",
        ),
        ("target: 80 %", "target: 100 %", "60:7: budgets[5].alert: no share exceeds 100 %: it can never fire; put"),
        ("target: 99.9 %", "target: 0 %", "48:7: budgets[3].alert: availability is never under 0 %: it can never"),
        ("target: 99.9 %", "target: 101 %", "48:7: budgets[3].alert: availability never reaches 101 %: it would"),
        ('up\n    target: "1"', 'up\n    target: "0"', "42:7: budgets[2].alert: instances up is never under 0: it"),
        ('up\n    target: "1"', 'up\n    target: "2"', "42:7: budgets[2].alert: instances up never reaches 2: it"),
        ("target: 0.1 %", "target: 7 %", "34:13: budgets[1].window: at an objective of 93.00% a burn of 14.4x is more"),
        ("indicator: latency p95", "indicator: latency p90", "26:13: budgets[0].window: at an objective of 90.00% a"),
        ("target: 0.1 %", "target: 0 %", "34:13: budgets[1].window: an objective of 1 leaves no budget to burn"),
        ("window: 30d", "window: 6d", "26:13: budgets[0].window: 6d is too short to tell a burst from a burn; take"),
        ("window: 30d", "window: 1831d", "26:13: budgets[0].window: 1831d is too long: promtool cannot hold what a"),
        ("window: 30d", "window: 30 %", "26:13: budgets[0].window: '30 %' is not a time; write it as 30d"),
        ("target: 80 %\n", "target: 80 %\n    window: 30d\n", "59:13: budgets[5].window: cpu does not count events,"),
        ("  rate: 5m", "  rate: 15s", "9:9: watch.rate: 15s is too short: it holds no two scrapes, and without them"),
        ("  rate: 5m", "  rate: 5/s", "9:9: watch.rate: '5/s' is not a time; write it as 5m"),
        ("  rate: 5m", "  traffic: 5m", "9:12: watch.traffic: '5m' is not a rate; write it as 1/s"),
        ("over: 1h", "over: 1s", "18:40: indicators.missed.increase.over: 1s is too short"),
        ("over: 1h", 'over: "1"', "18:40: indicators.missed.increase.over: '1' is not a time"),
        ("for: 5m", "for: 5 %", "29:12: budgets[0].alert.for: '5 %' is not a time; write it as 2m"),
        ("name: PayErrors", "name: HighLatency", "36:13: budgets[1].alert.name: 'HighLatency' is the name of another"),
        ("name: PayErrors", "name: ErrorBudgetBurn", "36:13: budgets[1].alert.name: 'ErrorBudgetBurn' is what alerts"),
        ("name: pay errors", "name: latency", "30:11: budgets[1].name: 'latency' is the name of another one too"),
        ("name: pay errors", "name: Latency!", "30:11: budgets[1].name: 'Latency!' and 'latency' differ in nothing"),
        ("name: pay errors", "name: '%'", "30:11: budgets[1].name: '%' has no Latin letter or digit; give it a"),
        ("[pay]", "[pay, pay]", "33:22: budgets[1].endpoints[1]: 'pay' stands here a second time; keep one"),
        ("[pay]", "[pya]", "33:17: budgets[1].endpoints[0]: there is no endpoint 'pya'; did you mean 'pay'?"),
        ("[latency]", "[latncy]", "72:15: scenarios.smoke.budgets[0]: there is no budget 'latncy'; did you mean"),
        ("  late:\n", "  errors:\n", "12:5: indicators.errors: 'errors' is an indicator that every file has; give"),
        ("  sources:\n", "  dialect: opentelemtry\n  sources:\n", "6:12: watch.dialect: there is no dialect"),
        (
            "  name: shop",
            "  name: shop\n  grafana: grafana.x",
            "3:12: service.grafana: 'grafana.x' is no address of HTTP;",
        ),
        (
            "  name: shop",
            "  name: shop\n  grafana: http://[",
            "3:12: service.grafana: 'http://[' is no address; write it",
        ),
        (
            "  name: shop",
            "  name: shop\n  grafana: http://a:b@g",
            "3:12: service.grafana: it holds a login, and alerts",
        ),
        (
            "  name: shop",
            "  name: shop\n  grafana: http://g/d?a=1",
            "3:12: service.grafana: 'http://g/d?a=1' is one of its",
        ),
        (
            "service:\n  name: shop",
            "render: {rules: rules.yaml}\nservice:\n  name: shop\n  grafana: http://g",
            "4:12: service.grafana: no dashboards are rendered to which an alert could lead; name a folder",
        ),
        ("    http:", "    htpp:", "7:11: watch.sources.htpp: there is no source 'htpp'; did you mean 'http'?"),
        ('http: job="shop"', "http: shop", "7:11: watch.sources.http: 'shop' is no selection; write it as job="),
        ('http: job="shop"', 'http: job=~"("', "7:11: watch.sources.http: '(' is no regular expression: missing"),
        ("some: late_total", "some: late total", "12:5: indicators.late: 'late total' is no selector; write it as"),
        ("all: sent_total", "all: late_total", "13:7: indicators.late.ratio: some is all, so it is always 100 %"),
        ("{of: degrees}", "{of: degrees}\n    rate: a_total", "20:5: indicators.warmth: it is read in 2 ways; give"),
        ("    level: {of: degrees}\n", "", "20:5: indicators.warmth: it is read in 0 ways; give it one of ratio,"),
        ("late_total", '\'late_total{a="1",a="2"}\'', '12:5: indicators.late: no value of a meets a="1", a="2"'),
    ],
)
def test_what_cannot_be_is_refused_with_its_place_the_reason_and_a_remedy(right: str, wrong: str, said: str) -> None:
    assert refused(right, wrong).startswith(f"x.yaml:{said}")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("service:\n", "services:\n", "1:1: services: there is no such key; did you mean 'service'?"),
        ("  endpoints:\n", "  endpoint:\n", "3:3: service.endpoint: there is no such key; did you mean 'endpoints'?"),
        ("method: POST", "methd: POST", "4:32: service.endpoints[0].methd: there is no such key; did you mean"),
        ("  rate: 5m", "  rates: 5m", "9:3: watch.rates: there is no such key; did you mean 'rate'?"),
        ("    ratio:\n", "    ration:\n", "12:5: indicators.late.ration: there is no such key; did you mean 'ratio'?"),
        ("some:", "same:", "13:7: indicators.late.ratio.same: there is no such key; did you mean 'some'?"),
        ("{of: took_seconds,", "{oft: took_seconds,", "16:16: indicators.slow.quantile.oft: there is no such key; did"),
        ("over: 1h", "ovr: 1h", "18:34: indicators.missed.increase.ovr: there is no such key; did you mean 'over'?"),
        ("    window: 30d", "    windw: 30d", "26:5: budgets[0].windw: there is no such key; did you mean 'window'?"),
        ("      for: 5m", "      lasts: 5m", "29:7: budgets[0].alert.lasts: there is no such key; did you mean"),
        ("      for: 5m", "      fro: 5m", "29:7: budgets[0].alert.fro: there is no such key; did you mean 'for'?"),
        ("    flow:", "    flows:", "70:5: scenarios.smoke.flows: there is no such key; did you mean 'flow'?"),
        ("scenarios:\n", "scenario:\n", "68:1: scenario: there is no such key; did you mean 'scenarios'?"),
        ("      for: 5m", "      for: 5m\n      severity: critcal", "30:17: budgets[0].alert.severity: there is no"),
        ("    window: 30d", "    action: alarm", "26:13: budgets[0].action: there is no 'alarm'; did you mean"),
        ("good: above", "good: abve", "20:11: indicators.warmth.good: there is no 'abve'; did you mean 'above'?"),
        ("{of: degrees}", "{of: degrees, take: median}", "21:32: indicators.warmth.level.take: there is no 'median';"),
    ],
)
def test_what_is_misspelt_is_answered_with_what_is_nearest(right: str, wrong: str, said: str) -> None:
    assert refused(right, wrong).startswith(f"x.yaml:{said}")


def test_the_reason_is_one_that_whoever_wrote_the_file_can_follow() -> None:
    assert refused("target: 300 ms", "target: 400 ms") == (
        "x.yaml:25:13: budgets[0].target: no bucket of http_request_duration_seconds ends at 400 ms, so it would be"
        " judged by guessing; take one of 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.3, 0.5, 1, 2, 5 s, or give the"
        " service such a bucket and name all"
    )
    assert refused("target: 0.1 %", "target: 7 %") == (
        "x.yaml:34:13: budgets[1].window: at an objective of 93.00% a burn of 14.4x is more than all events: it can"
        " never fire; promise more than 93.06%, or leave the window out and set an alert"
    )
    assert refused('    node: job="node"\n', "") == (
        "x.yaml:59:7: budgets[5].alert: cpu has no data: nothing that is watched measures it: it comes from the source"
        ' node; name it under watch.sources, as in node: job="node"'
    )
    assert refused("indicator: slow\n    target: 300 ms", "indicator: slow\n    target: 1 s") == (
        "x.yaml:54:7: budgets[4].alert: no percentile of took_seconds is ever above its last bucket of 1 s: it can"
        " never fire; put the bound lower, or give the service a longer bucket"
    )


@pytest.mark.parametrize("name", ["High Error", "highError", "High-Error"])
def test_what_is_no_name_of_an_alert_is_told_in_words_what_one_is(name: str) -> None:
    assert refused("name: HighLatency", f"name: {name}") == (
        f"x.yaml:28:13: budgets[0].alert.name: {name!r} is no name of an alert; take one such as HighErrorRate: letters"
        " and digits, a capital first"
    )


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("for: 5m", "for: 2x", "29:12: budgets[0].alert.for: '2x' is no quantity; write it as 2m"),
        ("window: 30d", "window: month", "26:13: budgets[0].window: 'month' is no quantity; write it as 30d"),
        ("  rate: 5m", "  traffic: few", "9:12: watch.traffic: 'few' is no quantity; write it as 1/s"),
        ("over: 1h", "over: hour", "18:40: indicators.missed.increase.over: 'hour' is no quantity; write it as 1h"),
        ("target: 300 ms", "target: 300 mz", "25:13: budgets[0].target: '300 mz' is no quantity; write it as 300 ms"),
        ("target: 0.1 %", "target: few", "32:13: budgets[1].target: 'few' is no quantity; write it as 0.1 %"),
        (
            "300 ms\n    alert",
            "3x\n    alert",  # of an indicator of its own: only its kind says what it counts
            "52:13: budgets[4].target: '3x' is no quantity; write it as 300 ms, 0.1 %, 1,000/s, 128 MB, 1,000 or 4.5",
        ),
    ],
)
def test_what_is_no_quantity_is_answered_with_one_that_may_stand_there(right: str, wrong: str, said: str) -> None:
    assert refused(right, wrong) == f"x.yaml:{said}"


def test_a_load_that_cannot_run_is_refused_with_the_executor_that_was_meant_or_all() -> None:
    assert refused("load: {}", "load: {all: {executor: constant-arival-rate}}") == (
        "x.yaml:71:28: scenarios.smoke.load.all.executor: there is no executor 'constant-arival-rate';"
        " did you mean 'constant-arrival-rate'?"
    )
    assert refused("load: {}", "load: {all: {vus: 5}}") == (
        "x.yaml:71:17: scenarios.smoke.load.all: it has no executor; give it one of constant-vus, ramping-vus,"
        " per-vu-iterations, shared-iterations, constant-arrival-rate, ramping-arrival-rate"
    )


def test_a_gauge_of_one_s_own_may_be_promised_to_stay_above_nothing() -> None:
    read = read_text(FILE.replace('warmth\n    target: "1"', 'warmth\n    target: "0"'))

    assert read.budgets[6].bound.value == 0


def test_without_alert_and_window_a_budget_may_promise_what_only_a_load_test_sees() -> None:
    lone = "service: {name: shop}\nbudgets: [{name: latency, indicator: latency p95, target: 400 ms}]\n"

    assert read_text(lone).budgets[0].bound.value == 0.4


def test_an_error_budget_is_kept_from_93_06_percent_on() -> None:
    assert read_text(FILE.replace("target: 0.1 %", "target: 6.94 %")).budgets[1].window is not None
    assert "promise more than 93.06%, " in refused("target: 0.1 %", "target: 6.95 %")
