"""The HTML report as text: what it says, and what it leaves to nobody else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from plimsoll.measure.histogram import Histogram
from plimsoll.measure.run import Run
from plimsoll.report import pictures, words
from plimsoll.report.findings import Findings
from plimsoll.report.html import ROWS, html_page
from plimsoll.report.plots import Scale, bars, line, scale_of
from plimsoll.report.reading import findings_of


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("</style>")[2]))


def test_verdict_and_validity_come_first_and_in_words(good: Run, frozen: Run, invalid: Run) -> None:
    said = [words_of(html_page(findings_of(each))) for each in (good, frozen, invalid)]

    assert "✓ PASS 7 of 8 thresholds held" in said[0]
    assert "Valid: the load generator kept up" in said[0]
    assert "✗ FAIL 1 of 8 thresholds was crossed." in said[1]
    assert "! INVALID This run says nothing about the service" in said[2]
    assert "2.1 % of the arrivals started more than 50 ms late" in said[2]
    assert "Valid: " not in said[2]
    assert "Partial: it ended early (interrupted)." in said[2]
    assert "shard 1/2" in said[2]
    assert "durations were divided by 10" in said[2]


def test_a_crossed_threshold_stands_first_with_its_figure(frozen: Run) -> None:
    said = words_of(html_page(findings_of(frozen)))
    at = said.index("Threshold Actual")

    assert said[at:].index("✗ crossed http_req_latency p(99)&lt;1000 in every 10s 1.72s") < said[at:].index("✓ held")


def test_nothing_is_had_from_anywhere_else(frozen: Run) -> None:
    page = html_page(findings_of(frozen))

    assert re.findall(r"""(?:src|href)=["'](?!#|data:,)""", page) == []
    assert "http://" not in page
    assert "https://" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_what_is_too_much_for_a_table_is_counted_below_it(hostile: Run) -> None:
    page = html_page(findings_of(hostile))

    assert page.count('<span class="method">GET') == ROWS
    assert "… and 9,900 more endpoints" in page


def test_without_a_timeline_or_any_request_there_is_a_page(good: Run) -> None:
    empty = Findings(name="k6", verdict=good.verdict, lasted=good.lasted, made_by="k6")
    said = words_of(html_page(empty))

    assert "measured by k6" in said
    assert "Whether the load generator kept up is not known" in said
    assert "Over time" not in said


def test_a_closed_model_says_what_it_cannot_see(good: Run) -> None:
    closed = replace(good, scenarios=(replace(good.scenarios[0], is_open=False),))

    assert "A closed model: users wait for an answer" in html_page(findings_of(closed))


def test_each_percentile_of_a_plot_is_what_the_histogram_says(good: Run) -> None:
    found = findings_of(good)
    plot = next(each for each in pictures.distribution(found) if each.title == "Latency by percentile")
    at = plot.readout["at"].index("p90")

    assert found.latency is not None
    assert plot.readout["latency"][at] == words.milliseconds(found.latency.percentile(90) / 1e6)


def test_the_shares_of_the_distribution_add_up_to_all() -> None:
    histogram = Histogram()
    for value in range(1, 2000):
        histogram.record(value * 10_000)
    shares = pictures._binned(histogram, Scale(0.009, 21.0, is_log=True))

    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1, 2, 3], Scale(0, 4)),
        ([0, 0], Scale(0, 1)),
        ([10, 11, 12, 950], Scale(10, 1045, is_log=True)),
        ([180], Scale(0, 200)),
    ],
)
def test_a_scale_holds_all_values_and_ends_at_round_ones(values: list[float], scale: Scale) -> None:
    made = scale_of(values, may_be_log=True)

    assert made.is_log == scale.is_log
    assert (made.low, made.high) == pytest.approx((scale.low, scale.high))


@pytest.mark.parametrize("high", [0.003, 0.7, 1, 9, 10, 11, 99, 1234, 5e7])
def test_ticks_are_few_round_and_within(high: float) -> None:
    ticks = scale_of([high]).ticks(str)

    assert 2 <= len(ticks) <= 7
    assert all(0 <= tick.at <= 100 for tick in ticks)


def test_a_line_breaks_where_nothing_was_measured() -> None:
    path = line([0, 0.25, 0.5, 0.75, 1], [1, 1, None, 1, 1], Scale(0, 1))

    assert path == "M0 0L250 0M750 0L1000 0"


def test_a_bar_is_as_high_as_its_value() -> None:
    assert bars([(0, 0.5), (0.5, 1)], [0.5, 0], Scale(0, 1)) == "M0.0 1000V500.0H500.0V1000Z"
