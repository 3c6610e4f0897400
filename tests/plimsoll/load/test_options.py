"""What a file of flows may set, in k6's words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plimsoll.errors import InvalidInput
from plimsoll.load.options import options_of
from plimsoll.load.scenarios import (
    ConstantArrivalRate,
    ConstantVus,
    PerVuIterations,
    RampingArrivalRate,
    RampingVus,
    SharedIterations,
    Stage,
    scaled,
)

MINUTE = timedelta(minutes=1)


def scenario(**plain: Any) -> Any:
    (made,) = options_of({"scenarios": {"it": plain}}).scenarios
    return made


def test_each_executor_of_k6_is_read_with_its_own_settings() -> None:
    stages = [{"duration": "1m", "target": 60}]
    made = [
        scenario(executor="constant-vus", vus=3, duration="1m"),
        scenario(executor="ramping-vus", startVUs=0, stages=stages, gracefulRampDown="5s"),
        scenario(executor="per-vu-iterations", vus=3, iterations=2, maxDuration="1m"),
        scenario(executor="shared-iterations", vus=3, iterations=9),
        scenario(executor="constant-arrival-rate", rate=60, timeUnit="1m", duration="1m", preAllocatedVUs=2, maxVUs=9),
        scenario(executor="ramping-arrival-rate", startRate=30, timeUnit="1m", stages=stages, preAllocatedVUs=4),
    ]

    assert made == [
        ConstantVus(name="it", vus=3, lasts=MINUTE),
        RampingVus(name="it", start_vus=0, stages=(Stage(MINUTE, 60),), graceful_ramp_down=timedelta(seconds=5)),
        PerVuIterations(name="it", vus=3, iterations=2, max_duration=MINUTE),
        SharedIterations(name="it", vus=3, iterations=9),
        ConstantArrivalRate(name="it", rate=1, lasts=MINUTE, pre_allocated_vus=2, max_vus=9),
        RampingArrivalRate(name="it", start_rate=0.5, stages=(Stage(MINUTE, 1),), pre_allocated_vus=4, max_vus=4),
    ]


def test_settings_may_be_written_as_python_writes_names() -> None:
    assert scenario(executor="ramping-vus", start_vus=2, stages=[{"duration": "1m", "target": 1}]).start_vus == 2


def test_a_rate_that_says_nothing_of_users_may_have_those_of_ten_seconds_of_stall() -> None:
    assert scenario(executor="constant-arrival-rate", rate=300, duration="1m").max_vus == 3000


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ({"scenarois": {}}, "did you mean scenarios?"),
        ({"vus": 1, "duraton": "1m"}, "did you mean duration?"),
        ({"scenarios": {"it": {"executor": "constant-vu", "duration": "1m"}}}, "did you mean constant-vus?"),
        ({"scenarios": {"it": {"executor": "constant-vus", "duration": "1m", "vu": 3}}}, "did you mean vus?"),
        ({"scenarios": {"it": {"executor": "constant-vus"}}}, "options.scenarios.it.duration: it is missing"),
        ({"scenarios": {"it": {"executor": "constant-vus", "duration": 0}}}, "it is no time at all"),
        ({"scenarios": {"it": {"executor": "shared-iterations", "vus": 5, "iterations": 2}}}, "cannot share 2"),
        ({"scenarios": {"it": {"executor": "constant-arrival-rate", "rate": 0, "duration": "1m"}}}, "above 0"),
        ({"scenarios": {}}, "it holds no scenario"),
        ({"scenarios": {"it": {"executor": "constant-vus", "duration": "1m"}}, "vus": 2}, "there are scenarios too"),
        ({"thresholds": {"http_req_duration": ["p95<5"]}}, "thresholds.http_req_duration"),
        ({"setup_timeout": "1s", "setupTimeout": "1s"}, "it is said twice"),
        ({"stages": [{"duration": "1m", "targt": 5}]}, "options.stages[0].target: it is missing"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(plain: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        options_of(plain)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("plain", "executor"),
    [
        ({}, PerVuIterations),
        ({"vus": 5, "duration": "1m"}, ConstantVus),
        ({"vus": 5, "iterations": 10}, SharedIterations),
        ({"stages": [{"duration": "1m", "target": 5}]}, RampingVus),
        ({"rate": 5, "duration": "1m"}, ConstantArrivalRate),
        ({"rate": 5, "stages": [{"duration": "1m", "target": 50}]}, RampingArrivalRate),
    ],
)
def test_a_few_words_stand_for_a_scenario(plain: dict[str, Any], executor: type) -> None:
    assert [type(each) for each in options_of(plain).scenarios] == [executor]


def test_what_the_command_line_says_replaces_the_load_of_the_file() -> None:
    plain = {"scenarios": {"soak": {"executor": "constant-vus", "vus": 500, "duration": "2h"}}}

    (made,) = options_of(plain, {"vus": 1, "duration": "5s"}).scenarios

    assert made == ConstantVus(name="default", vus=1, lasts=timedelta(seconds=5))


def test_a_time_scale_shortens_lengths_and_leaves_rates_users_and_grace() -> None:
    made = scaled(scenario(executor="constant-arrival-rate", rate=7, duration="1h", startTime="30m"), 60)

    assert made == ConstantArrivalRate(
        name="it", rate=7, lasts=MINUTE, starts_after=MINUTE / 2, pre_allocated_vus=1, max_vus=70
    )
