"""How promises stand, read from recorded series."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from plimsoll.budget.asking.prometheus import Prometheus, Sample
from plimsoll.budget.asking.standing import Standing, State, query_of, states_of
from plimsoll.budget.file.reading import read_text
from plimsoll.errors import InvalidInput

FILE = read_text("""
service: {name: shop, endpoints: [{name: pay, route: /pay}, {name: look, route: /look}]}
watch: {sources: {http: 'job="shop"', node: 'job="node"'}}
budgets:
  - {name: availability, indicator: availability, target: 99.9 %, window: 30d}
  - {name: errors, indicator: errors, target: 1 %, endpoints: [pay, look], traffic: 1/s}
  - {name: cpu, indicator: cpu, target: 80 %}
  - {name: users, indicator: concurrent users, target: "50"}
""")
BOUNDS = {"availability": 0.999, "errors": 0.01, "cpu": 0.8}


def states(*recorded: tuple[str, str, float], endpoint: str = "pay") -> Mapping[str, State]:
    bounds = [("plimsoll:bound", budget, bound) for budget, bound in BOUNDS.items()]
    samples = [
        Sample({"__name__": name, "budget": budget, **({"endpoint": endpoint} if budget == "errors" else {})}, value)
        for name, budget, value in (*bounds, *recorded)
    ]
    return {
        f"{each.promise.budget.name} {each.promise.labels.get('endpoint', '')}".strip(): each
        for each in states_of(FILE, samples)
    }


def test_what_prometheus_cannot_see_is_left_out() -> None:
    assert set(states()) == {"availability", "errors pay", "errors look", "cpu"}


@pytest.mark.parametrize(
    ("name", "budget", "value", "standing"),
    [
        ("plimsoll:value", "cpu", 0.8, Standing.KEPT),
        ("plimsoll:value", "cpu", 0.81, Standing.CROSSED),
        ("plimsoll:value", "cpu", float("nan"), Standing.NO_DATA),
        ("plimsoll:remaining", "availability", 0.01, Standing.KEPT),
        ("plimsoll:remaining", "availability", 0.0, Standing.EXHAUSTED),
        ("plimsoll:remaining", "availability", -2.0, Standing.EXHAUSTED),
        ("plimsoll:value", "availability", 0.5, Standing.NO_DATA),
    ],
)
def test_a_promise_is_judged_by_its_error_budget_or_else_by_its_bound(
    name: str, budget: str, value: float, standing: Standing
) -> None:
    assert states((name, budget, value))[budget].standing is standing


def test_a_share_of_next_to_nothing_is_not_judged() -> None:
    few = states(("plimsoll:value", "errors", 0.5), ("plimsoll:total:rate5m", "errors", 0.9))["errors pay"]
    many = states(("plimsoll:value", "errors", 0.5), ("plimsoll:total:rate5m", "errors", 1.0))["errors pay"]

    assert (few.standing, many.standing) == (Standing.IDLE, Standing.CROSSED)


def test_an_error_budget_of_nothing_that_happened_is_idle_where_its_counters_are_seen() -> None:
    assert states(("plimsoll:total:rate5m", "availability", 0.0))["availability"].standing is Standing.IDLE
    assert states()["availability"].standing is Standing.NO_DATA


def test_an_endpoint_has_its_own_value_and_one_without_rules_says_so() -> None:
    found = states(("plimsoll:value", "errors", 0.0))

    assert (found["errors pay"].standing, found["errors look"].standing) == (Standing.KEPT, Standing.NO_RULE)


def test_a_budget_is_gone_when_what_is_left_is_spent_at_the_present_pace() -> None:
    found = states(("plimsoll:remaining", "availability", 0.5), ("plimsoll:bad_share:1h", "availability", 0.01))

    state = found["availability"]
    assert state.burns[0].pace == pytest.approx(10)
    assert state.empty == pytest.approx(0.5 * 30 * 86_400 / 10)


@pytest.mark.parametrize("share", [0.0, 0.0001])
def test_a_budget_that_outlasts_its_window_is_not_said_to_end(share: float) -> None:
    found = states(("plimsoll:remaining", "availability", 0.5), ("plimsoll:bad_share:1h", "availability", share))

    assert found["availability"].empty is None


def test_another_bound_in_prometheus_is_noticed() -> None:
    assert states(("plimsoll:bound", "cpu", 0.9))["cpu"].bound == 0.9
    assert states()["cpu"].bound is None


def test_a_service_may_be_called_anything() -> None:
    assert query_of('a"b\\c') == '{__name__=~"plimsoll:.+",service="a\\"b\\\\c"}'


@pytest.mark.parametrize("url", ["127.0.0.1:9090", "ftp://host", "file:///etc/passwd", "http://"])
def test_what_is_no_address_of_http_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="is no address"):
        Prometheus(url)


def test_a_password_in_the_address_is_shown_nowhere() -> None:
    assert Prometheus("https://me:secret@host:9/prefix/").url == "https://host:9/prefix"
