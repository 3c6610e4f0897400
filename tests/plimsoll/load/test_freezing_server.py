"""The open model sees a stall as users do: against the analytic truth of a server that freezes once.

Each answer takes S. From F after the first request on, none comes for L; what is due in between comes at its end. So of
the requests of a run of T, the share L / T takes between S and S + L, evenly spread, and all others take S.

With S of 5 ms and 30 seconds it is measured by `python -m perf load_engine`: 2 % of 5 ms is less than a busy machine
adds, so here the server is slower and what is asked is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import pytest

from plimsoll.measure.run import Run
from plimsoll.measure.tallies import Trend

pytestmark = pytest.mark.network
PERCENTS = (50, 90, 99, 99.9, 100)
NOISE = 0.02
Freezing = Callable[[float, float, float], str]


def truth(percent: float, service: float, freeze: float, length: float) -> float:
    """Return a percentile of the latency, in milliseconds, of arrivals that are evenly spread over a run."""
    frozen = freeze / length
    above = 1 - percent / 100
    return 1000 * (service + (freeze * (1 - above / frozen) if above < frozen else 0.0))


def measured(run: Run, percent: float) -> float:
    tally = run.recording.select("http_req_latency")
    assert isinstance(tally, Trend)
    return tally.percentile(percent)


def assert_true(freezing: Freezing, load_run: Any, *, service: float, freeze: float, rate: int, length: int) -> None:
    """Load it until the machine was quiet enough for the run to be valid and the server to keep its own time."""
    for _ in range(3):
        url = freezing(service, length / 3, freeze)
        done = load_run("--url", url, "--rate", str(rate), "--for", f"{length}s")
        with urlopen(f"{url}/lateness") as answer:
            mostly, most = map(float, answer.read().split())
        if not done.run.reasons and mostly < NOISE / 2 * service * 1000 and most < NOISE / 2 * freeze * 1000:
            break
    else:
        pytest.skip("the machine was busy: each run said that it was invalid, or the server that it was late")
    found = {percent: measured(done.run, percent) for percent in PERCENTS}
    assert found == {each: pytest.approx(truth(each, service, freeze, length), rel=NOISE) for each in PERCENTS}


def test_a_stall_is_seen_at_every_percentile(freezing: Freezing, load_run: Any) -> None:
    assert_true(freezing, load_run, service=0.2, freeze=1.0, rate=100, length=4)


def test_the_closed_model_does_not_see_it_and_says_so(freezing: Freezing, load_run: Any) -> None:
    url = freezing(0.005, 1.0, 1.0)

    done = load_run("--url", url, "--vus", "1", "--for", "4s")

    assert measured(done.run, 95) < truth(95, 0.005, 1.0, 4) / 2
    assert any("coordinated omission" in each for each in done.run.warnings)
    assert "stalls go unseen (coordinated omission)" in " ".join(done.out.split())
