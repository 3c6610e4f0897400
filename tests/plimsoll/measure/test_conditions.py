"""k6's threshold language: what it may say, and what it means.

The golden list are the expressions that k6's documentation shows on its page "Thresholds".
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.errors import InvalidInput
from plimsoll.measure.conditions import (
    Condition,
    Selector,
    check_kind,
    condition_of,
    figure_of,
    has_figure,
    selector_of,
)
from plimsoll.measure.recording import Kind, Metric
from plimsoll.measure.tallies import PLAIN_SCALE, Counter, Gauge, Rate, Tally, Trend

DOCUMENTED = [
    ("rate<0.01", Condition("rate", None, "<", 0.01)),
    ("rate < 0.01", Condition("rate", None, "<", 0.01)),
    ("rate>0.9", Condition("rate", None, ">", 0.9)),
    ("rate>=0.95", Condition("rate", None, ">=", 0.95)),
    ("p(90) < 400", Condition("p(90)", 90, "<", 400)),
    ("p(90)<400", Condition("p(90)", 90, "<", 400)),
    ("p(95)<200", Condition("p(95)", 95, "<", 200)),
    ("p(95) < 800", Condition("p(95)", 95, "<", 800)),
    ("p(99.9) < 2000", Condition("p(99.9)", 99.9, "<", 2000)),
    ("p(99.99)<250.5", Condition("p(99.99)", 99.99, "<", 250.5)),
    ("p(0)>0", Condition("p(0)", 0, ">", 0)),
    ("p(100)<=1000", Condition("p(100)", 100, "<=", 1000)),
    ("avg<200", Condition("avg", None, "<", 200)),
    ("avg < 1000", Condition("avg", None, "<", 1000)),
    ("med < 200", Condition("med", None, "<", 200)),
    ("min>1", Condition("min", None, ">", 1)),
    ("max<4000", Condition("max", None, "<", 4000)),
    ("count<100", Condition("count", None, "<", 100)),
    ("count>=200", Condition("count", None, ">=", 200)),
    ("count === 0", Condition("count", None, "===", 0)),
    ("count!=3", Condition("count", None, "!=", 3)),
    ("value<4000", Condition("value", None, "<", 4000)),
    ("value == 42", Condition("value", None, "==", 42)),
    ("  value  >  0  ", Condition("value", None, ">", 0)),
    ("passes>100", Condition("passes", None, ">", 100)),
    ("fails<=1e3", Condition("fails", None, "<=", 1000)),
]
WRONG = [
    "", "count!20", "foo>20", "count>abc", "count>", ">20", "p()<1", "p(99<1", "p(foo)<1", "p(-1)<1", "p(101)<1",
    "p(NaN)<1", "p(+Inf)<1", "p(95)<500ms", "count=20", "count=>20", "count<1 and count>0", "count><1", "P(95)<1",
]  # fmt: skip


@pytest.mark.parametrize(("text", "meant"), DOCUMENTED)
def test_what_k6_documents_is_understood(text: str, meant: Condition) -> None:
    assert condition_of(text, "thresholds.m") == meant


@pytest.mark.parametrize("text", WRONG)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^thresholds\.m: "):
        condition_of(text, "thresholds.m")


def test_a_figure_that_is_nearly_one_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"no figure 'mean'.*did you mean|no figure 'mean'; known are"):
        condition_of("mean<5", "thresholds.m")
    with pytest.raises(InvalidInput, match=r"there is no figure 'values'; did you mean value\?"):
        condition_of("values<5", "thresholds.m")


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
        ("==", False, True, False),
        ("===", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_each_operator_means_what_it_says(operator: str, below: bool, equal: bool, above: bool) -> None:
    condition = Condition("value", None, operator, 10)

    assert [condition.holds(each) for each in (9.0, 10.0, 11.0)] == [below, equal, above]


@given(
    st.sampled_from(["<", "<=", ">", ">=", "==", "===", "!="]),
    st.floats(min_value=-10, max_value=10),
    st.floats(min_value=-10, max_value=10),
)
def test_the_worse_of_two_figures_holds_only_where_both_do(operator: str, first: float, second: float) -> None:
    condition = Condition("value", None, operator, 1.0)
    worse = condition.worse(first, second)

    assert worse in {first, second}
    assert condition.holds(worse) == (condition.holds(first) and condition.holds(second))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("http_req_duration", Selector("http_req_duration")),
        ("http_req_duration{type:API}", Selector("http_req_duration", (("type", "API"),))),
        ("m{name:create,status:201}", Selector("m", (("name", "create"), ("status", "201")))),
        ("m{ status:201 , name:create }", Selector("m", (("name", "create"), ("status", "201")))),
        ("m{name:http://a:80/{id}?x=1}", Selector("m", (("name", "http://a:80/{id}?x=1"),))),
        ('m{name:"http://${}.example.org"}', Selector("m", (("name", "http://${}.example.org"),))),
        ("m{name:'a, b'}", Selector("m", (("name", "a, b"),))),
        ("checks{group:::checkout}", Selector("checks", (("group", "::checkout"),))),
        ("m{expected_response:true}", Selector("m", (("expected_response", "true"),))),
        ("m{group:}", Selector("m", (("group", ""),))),
        ("m{}", Selector("m")),
        (" m {a:b}", Selector("m", (("a", "b"),))),
    ],
)  # fmt: skip
def test_a_selector_names_a_metric_and_tags(text: str, meant: Selector) -> None:
    assert selector_of(text) == meant


@pytest.mark.parametrize("text", ["", "{a:b}", "m{a:b", "m}", "m{a}", "m{:b}", "ma:b}", "m{a:b}x"])
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="names no metric"):
        selector_of(text)


def trend(*values: float) -> Trend:
    made = Trend(scale=PLAIN_SCALE)
    for value in values:
        made.add(value)
    return made


FIGURES: list[tuple[Tally, str, float | None]] = [
    (trend(1, 2, 3, 4), "avg", 2.5),
    (trend(1, 2, 3, 4), "min", 1),
    (trend(1, 2, 3, 4), "max", 4),
    (trend(1, 2, 3), "med", 2),
    (trend(1, 2, 3, 4), "count", 4),
    (trend(1, 2, 3, 4), "p(100)", 4),
    (trend(), "avg", None),
    (trend(1), "rate", None),
    (Counter(30), "count", 30),
    (Counter(30), "rate", 3),
    (Counter(30), "avg", None),
    (Gauge(5, 2, 9, 1), "value", 5),
    (Gauge(5, 2, 9, 1), "min", 2),
    (Gauge(5, 2, 9, 1), "max", 9),
    (Rate(3, 4), "rate", 0.75),
    (Rate(3, 4), "passes", 3),
    (Rate(3, 4), "fails", 1),
    (Rate(), "rate", None),
]


@pytest.mark.parametrize(("tally", "figure", "value"), FIGURES)
def test_each_figure_of_each_kind_over_ten_seconds(tally: Tally, figure: str, value: float | None) -> None:
    read = figure_of(tally, condition_of(f"{figure}<1", "m"), seconds=10)

    assert read == (None if value is None else pytest.approx(value, rel=0.005))


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        (Kind.COUNTER, {"count", "rate"}),
        (Kind.GAUGE, {"value", "min", "max"}),
        (Kind.RATE, {"rate", "passes", "fails"}),
        (Kind.TREND, {"avg", "min", "max", "med", "count", "p(95)"}),
    ],
)
def test_a_kind_has_its_figures_and_no_others(kind: Kind, known: set[str]) -> None:
    every = ("avg", "min", "max", "med", "count", "rate", "value", "passes", "fails", "p(95)")

    assert {each for each in every if has_figure(condition_of(f"{each}<1", "m"), kind)} == known


def test_a_figure_its_metric_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(InvalidInput, match=r"m is a counter and has no p\(95\); a counter has count, rate"):
        check_kind(condition_of("p(95)<1", "m"), Metric("m", Kind.COUNTER), "m")
