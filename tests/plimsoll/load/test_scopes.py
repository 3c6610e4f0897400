"""What requests and iterations are recorded into, and how many sets of tags there may be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.request import Request
from plimsoll.load.scopes import OTHER, Scope, Scopes
from plimsoll.measure import names
from plimsoll.measure.recording import Recording, tags
from plimsoll.measure.tallies import Counter, Rate, Trend

REQUEST = Request("GET", "http://example.org/")


def exchange(at: int = 0, *, took: int = 5_000, status: int = 200, reused: bool = True) -> Exchange:
    return Exchange(
        REQUEST,
        started=at,
        ready=at + 10,
        sent_at=at + 20,
        first_at=at + 20 + took // 2,
        finished=at + 10 + took,
        status=status,
        sent=60,
        received=100,
        reused=reused,
        connecting=0 if reused else 7,
    )


def drained(scopes: Scopes) -> Recording:
    whole = Recording()
    for metric, each, tally in scopes.drain():
        whole.metrics[metric.name] = metric
        whole.series[(metric.name, each)] = tally
    return whole


def nanoseconds(recording: Recording, name: str) -> tuple[int, int]:
    tally = recording.select(name)
    assert isinstance(tally, Trend)
    return tally.histogram.count, tally.histogram.total


def scope_of(scopes: Scopes) -> Scope:
    return scopes.of(tags(scenario="it"))


def test_a_request_is_recorded_with_all_its_times_and_from_when_it_was_due() -> None:
    scopes = Scopes()

    scope_of(scopes).request(exchange(1_000), "home", 400, failed=False)

    whole = drained(scopes)
    assert nanoseconds(whole, "http_req_duration") == (1, 5_000)
    assert nanoseconds(whole, "http_req_latency") == (1, 5_610)
    assert nanoseconds(whole, "http_req_blocked") == (1, 10)
    assert nanoseconds(whole, "http_req_sending") == (1, 10)
    assert nanoseconds(whole, "http_req_waiting") == (1, 2_500)
    assert nanoseconds(whole, "http_req_receiving") == (1, 2_490)
    assert whole.select("data_sent") == Counter(60)
    assert whole.select("data_received") == Counter(100)


@given(st.lists(st.integers(100, 10**9), min_size=1, max_size=1_500))
def test_counting_many_at_a_time_is_counting_each(times: list[int]) -> None:
    scopes = Scopes()
    for each in times:
        scope_of(scopes).request(exchange(took=each), "home", 0, failed=False)

    assert nanoseconds(drained(scopes), "http_req_duration") == (len(times), sum(times))


def test_a_request_on_a_connection_that_was_there_took_no_time_to_connect() -> None:
    scopes = Scopes()
    scope = scope_of(scopes)

    scope.request(exchange(reused=False), "home", 0, failed=False)
    scope.request(exchange(), "home", 0, failed=False)

    assert nanoseconds(drained(scopes), "http_req_connecting") == (2, 7)


def test_what_was_said_once_is_not_said_again() -> None:
    scopes = Scopes()
    scope = scope_of(scopes)
    scope.request(exchange(), "home", 0, failed=False)
    scope.check("fine").hits += 1
    scope.check("fine").count += 1
    scope.iterations.add(5)
    first = drained(scopes)

    assert first.select("checks") == Rate(1, 1)
    assert drained(scopes).series == {}


def test_each_status_name_and_error_is_a_series_of_its_own() -> None:
    scopes = Scopes()
    scope = scope_of(scopes)

    scope.request(exchange(), "a", 0, failed=False)
    scope.request(exchange(status=503), "a", 0, failed=True)
    scope.request(exchange(), "b", 0, failed=False, tags=tags(size="big"))

    whole = drained(scopes)
    assert whole.select("http_req_failed", {"name": "a", "status": "503"}) == Rate(1, 1)
    assert whole.select("http_reqs", {"name": "a"}) == Counter(2)
    assert whole.select("http_reqs", {"size": "big", "scenario": "it"}) == Counter(1)


def test_names_without_end_are_kept_up_to_a_limit_and_none_is_lost() -> None:
    scopes = Scopes(most=10)
    scope = scope_of(scopes)

    for number in range(100):
        scope.request(exchange(), f"n{number}", 0, failed=False)
        scope.check(f"c{number}").count += 1

    whole = drained(scopes)
    assert scopes.overflowed
    assert len(whole.values_of("http_reqs", names.TAG_NAME)) + len(whole.values_of("checks", names.TAG_CHECK)) == 12
    assert whole.select("http_reqs") == Counter(100)
    assert whole.select("checks") == Rate(0, 100)
    assert whole.select("http_reqs", {"name": OTHER}) == Counter(95)


def test_groups_are_written_as_k6_writes_them() -> None:
    scopes = Scopes()

    scope_of(scopes).within("cart").within("pay").check("fine").count += 1

    assert drained(scopes).values_of("checks", names.TAG_GROUP) == ["::cart::pay"]


def test_dropped_and_failed_iterations_are_recorded_and_late_ones_by_how_much() -> None:
    scopes = Scopes()
    iterations = scope_of(scopes).iterations
    iterations.dropped += 3
    iterations.errors["KeyError"] = 2
    iterations.late(-5)
    iterations.late(1_000)

    whole = drained(scopes)

    assert whole.select("dropped_iterations", {"scenario": "it"}) == Counter(3)
    assert whole.select("iteration_errors", {"error_code": "KeyError"}) == Counter(2)
    assert nanoseconds(whole, "iteration_lateness") == (2, 1_000)
