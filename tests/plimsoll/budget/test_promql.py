"""Selectors are read as Prometheus reads them, and written so that they are read the same again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from natalis.testing.servers import programs
from plimsoll.budget.promql import Matcher, Selector, duration, matchers_of, number, selector_of

LABELS = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,12}", fullmatch=True)
NAMES = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
PLAIN = st.builds(Matcher, LABELS, st.sampled_from(["=", "!="]), TEXTS)
PATTERNS = st.builds(
    Matcher, LABELS, st.sampled_from(["=~", "!~"]), st.sampled_from(["5..", "a|b", ".+", r"\d+", 'x"y', r"/user/[^/]+"])
)
SELECTORS = st.builds(Selector, NAMES, st.lists(PLAIN | PATTERNS, max_size=4).map(tuple))


@given(SELECTORS)
def test_a_selector_that_is_written_is_read_as_the_same(selector: Selector) -> None:
    assert selector_of(str(selector)) == selector


def test_prometheus_reads_what_is_written(tmp_path: Path) -> None:
    awkward = ['quoted "text"', "back\\slash", "two\nlines", "tab\there", "a,b{c}", "ünï→", "\\n", "\\\\"]
    written = [f"{Selector('up', (Matcher('path', '=', each),))}" for each in awkward]
    rules = [{"record": f"tried:{at}", "expr": expr} for at, expr in enumerate(written)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "tried", "rules": rules}]}))
    values = [{"series": each, "values": f"{at + 1}x10"} for at, each in enumerate(written)]
    asked = [
        {
            "expr": f"tried:{at}",
            "eval_time": "5m",
            "exp_samples": [{"labels": f"tried:{at}{each[2:]}", "value": at + 1}],
        }
        for at, each in enumerate(written)
    ]
    tests = {"rule_files": ["rules.yaml"], "tests": [{"input_series": values, "promql_expr_test": asked}]}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(tests))

    promtool = programs.find("promtool")
    done = subprocess.run(
        [promtool, "test", "rules", tmp_path / "tests.yaml"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert [selector_of(each).matchers[0].value for each in written] == awkward


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r'a="x\"y"', 'x"y'),
        (r'a="x\\n"', r"x\n"),
        (r'a="x\ny"', "x\ny"),
        (r'a=~"\d+"', r"\d+"),
        (r'a=~"\\d+"', r"\d+"),
        (r'a="",', ""),
        (' a = "spaced" ', "spaced"),
    ],
)
def test_escapes_mean_what_whoever_writes_them_means(written: str, value: str) -> None:
    (read,) = matchers_of(written)

    assert read.value == value


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("job=api", "is no selection; write it as job="),
        ('job="api" env="live"', "is no selection"),
        ('job=~"("', "is no regular expression"),
        ('job=~"(?!x)y"', "looks around or back, which Prometheus cannot"),
        (r'job=~"(a)\1"', "looks around or back"),
        ('job="api', "is no selection"),
        ('9job="api"', "is no selection"),
    ],
)
def test_what_is_no_selection_is_refused(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        matchers_of(written)


@pytest.mark.parametrize("written", ["", "9lives", "up{job}", "rate(up[5m])", 'up{job="x"} > 0', "a b"])
def test_what_is_no_selector_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="write it as"):
        selector_of(written)


@given(SELECTORS)
def test_an_example_is_selected_or_said_to_be_impossible(selector: Selector) -> None:
    try:
        example = selector.example()
    except ValueError as error:
        assert "no value" in str(error) or "too clever" in str(error)  # noqa: PT017 - either end is right
        return
    found = {matcher.label: matcher.value for matcher in selector_of(example).matchers}

    assert all(matcher.holds(found.get(matcher.label, "")) for matcher in selector.matchers)


@pytest.mark.parametrize("op", ["=", "!=", "=~", "!~"])
@pytest.mark.parametrize("value", ["", "500", "200", "5"])
def test_the_opposite_holds_where_a_condition_does_not(op: str, value: str) -> None:
    matcher = Matcher("status", op, "5.." if "~" in op else "500")

    assert matcher.opposite().holds(value) is not matcher.holds(value)
    assert matcher.opposite().opposite() == matcher


def test_a_pattern_matches_whole_values_only() -> None:
    assert not Matcher("status", "=~", "5").holds("500")
    assert Matcher("status", "=~", "5..").holds("500")


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (15, "15s"),
        (90, "90s"),
        (300, "5m"),
        (5400, "90m"),
        (21_600, "6h"),
        (86_400, "1d"),
        (30 * 86_400, "30d"),
        (0, "0s"),
    ],
)
def test_durations_are_written_in_the_largest_unit_that_is_exact(seconds: float, written: str) -> None:
    assert duration(seconds) == written


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-9, max_value=1e15))
def test_numbers_keep_what_people_write_of_them(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, rel=1e-11)


def test_numbers_are_free_of_what_binary_fractions_add() -> None:
    assert number(0.1 + 0.2) == "0.3"
    assert number(1 - 0.999) == "0.001"
