"""Promise: a delivery is one trace, from its plan over the queue to the provider's call, whichever processes do it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.domain.trace import trace_of
from natalis.testing.machine import Machine, first_answer
from natalis.testing.servers.collector import Collector, ReceivedSpan
from natalis.testing.servers.listening import Listener
from natalis.testing.servers.postgres import PostgresDatabase
from natalis.testing.servers.rabbitmq import VirtualHost
from natalis.testing.servers.server import wait_until

pytestmark = pytest.mark.network
PATIENCE = timedelta(seconds=60)
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ROLES = ("api", "planner", "dispatcher", "worker")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as started:
        yield started


@pytest.fixture
def provider() -> Iterator[Listener]:
    with Listener(b'{"success": true}') as started:
        yield started


@pytest.fixture
def traced(machine: Machine, collector: Collector, provider: Listener) -> Machine:
    """A machine whose processes tell everything they do."""
    machine.settings |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "NATALIS_PROVIDER_URL": provider.url,
    }
    return machine


def someone_due_today() -> dict[str, Any]:
    now = datetime.now(UTC)  # noqa: TID251 - the process under test runs on the real clock
    east = 12 - now.hour
    zone = f"Etc/GMT{'-' if east >= 0 else '+'}{abs(east)}" if east else "Etc/GMT"
    name = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}
    return {**name, "birthdayDate": f"1990-{now:%m-%d}", "timezone": zone}


def added(api: str) -> DeliveryKey:
    """Add somebody who is due today, as a part of a caller's trace, and return their delivery of today."""
    headers = {"Content-Type": "application/json", "traceparent": CALLER}
    request = urllib.request.Request(f"{api}/user", json.dumps(someone_due_today()).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        user = json.load(answer)
    today = date.fromisoformat(f"{datetime.now(UTC):%Y-%m-%d}")  # noqa: TID251 - as above
    return DeliveryKey(user["id"], "birthday", today)


def of_trace(spans: Sequence[ReceivedSpan], trace_id: str) -> dict[str, ReceivedSpan]:
    return {span.name: span for span in spans if span.trace_id == trace_id}


def delivered(collector: Collector, key: DeliveryKey, queue: str) -> dict[str, ReceivedSpan]:
    """Return the spans of a delivery's trace once each of its steps has been told, whichever process told it first."""
    trace = trace_of(key).written
    return of_trace(collector.wait_for(lambda spans: set(steps_of(queue)) <= set(of_trace(spans, trace))), trace)


def steps_of(queue: str) -> tuple[str, ...]:
    return ("plan delivery", f"dispatch {queue}", f"process {queue}", "POST")


def systems_below(collector: Collector, request: ReceivedSpan) -> set[object]:
    """Return which databases the parts of a request asked."""
    return {span.attributes.get("db.system.name") for span in collector.spans() if span.parent_id == request.span_id}


def check_chain(spans: dict[str, ReceivedSpan], queue: str) -> None:
    """Check that each step is a part of the one before it, from the plan to the call, and in order of time."""
    steps = [spans[name] for name in steps_of(queue)]
    assert [step.parent_id for step in steps] == ["", *(step.span_id for step in steps[:-1])]
    assert [step.kind for step in steps] == ["internal", "producer", "consumer", "client"]
    assert not any(step.is_failed for step in steps)
    assert steps == sorted(steps, key=lambda step: step.began)


def check_call(provider: Listener, key: DeliveryKey, call: ReceivedSpan) -> None:
    """Check that the provider was told whose part its call is."""
    (posted,) = provider.posted
    assert posted.headers["idempotency-key"] == str(key)
    assert posted.headers["traceparent"] == f"00-{call.trace_id}-{call.span_id}-01"


def test_one_process_traces_a_delivery_and_the_request_that_led_to_it(
    traced: Machine, collector: Collector, provider: Listener
) -> None:
    with traced.running("up", "--json") as process:
        key = added(first_answer(process)["api"])
        spans = delivered(collector, key, "embedded")

    check_chain(spans, "embedded")
    check_call(provider, key, spans["POST"])
    request = collector.named("POST /user")[0]
    assert (request.trace_id, request.parent_id, request.kind) == (*CALLER.split("-")[1:3], "server")
    assert request.attributes["http.request.method"] == "POST"
    assert request.attributes["http.route"] == request.attributes["url.path"] == "/user"
    assert request.attributes["http.response.status_code"] == 201
    assert systems_below(collector, request) == {"sqlite"}
    assert "ada@example.org" not in str(collector.spans())


@pytest.mark.slow
def test_a_fleet_traces_a_delivery_across_its_queue(
    traced: Machine, collector: Collector, provider: Listener, postgres: PostgresDatabase, rabbitmq: VirtualHost
) -> None:
    traced.settings |= {"DATABASE_URL": postgres.url, "QUEUE_URL": rabbitmq.url}
    traced.run("migrate")
    with ExitStack() as running:
        answers = {role: first_answer(running.enter_context(traced.running(role, "--json"))) for role in ROLES}
        key = added(answers["api"]["api"])
        queue = "birthday-messages"
        spans = delivered(collector, key, queue)
        arrived = wait_until(lambda: bool(collector.named(f"receive {queue}")), PATIENCE)

    assert arrived
    assert systems_below(collector, collector.named("POST /user")[0]) == {"postgresql"}
    check_chain(spans, queue)
    check_call(provider, key, spans["POST"])
    dispatch = spans[f"dispatch {queue}"]
    by_id = {span.span_id: span for span in collector.spans()}
    sent, received = by_id[dispatch.links[0][1]], collector.named(f"receive {queue}")[0]
    assert (sent.name, sent.kind) == (f"send {queue}", "producer")
    assert sent.links == [(dispatch.trace_id, dispatch.span_id)]
    assert received.links == [(sent.trace_id, sent.span_id)]
    assert (received.parent_id, received.trace_id) == (sent.span_id, sent.trace_id)
    told_by = {span.name: span.resource["natalis.roles"] for span in (*spans.values(), sent, received)}
    assert told_by == {
        "plan delivery": "planner",
        f"dispatch {queue}": "dispatcher",
        f"send {queue}": "dispatcher",
        f"receive {queue}": "worker",
        f"process {queue}": "worker",
        "POST": "worker",
    }


def test_a_delivery_whose_trace_is_not_kept_is_said_to_be_so_and_costs_no_span(
    traced: Machine, collector: Collector, provider: Listener
) -> None:
    traced.settings["OTEL_TRACES_SAMPLER_ARG"] = "0"
    with traced.running("up", "--json") as process:
        key = added(first_answer(process)["api"])
        assert wait_until(lambda: bool(provider.posted), PATIENCE)

    assert provider.posted[0].headers["traceparent"].startswith(f"00-{trace_of(key).written}-")
    assert provider.posted[0].headers["traceparent"].endswith("-00")
    assert {span.trace_id for span in collector.spans()} <= {CALLER.split("-")[1]}


def test_a_collector_that_is_not_there_holds_up_nothing(traced: Machine, provider: Listener) -> None:
    traced.settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
    with traced.running("up", "--json") as process:
        added(first_answer(process)["api"])
        assert wait_until(lambda: bool(provider.posted), PATIENCE)
        process.terminate()
        process.wait(20)

    assert process.returncode == 0


def test_without_a_collector_nothing_of_opentelemetry_is_imported(traced: Machine, provider: Listener) -> None:
    del traced.settings["OTEL_EXPORTER_OTLP_ENDPOINT"]
    traced.settings["PYTHONVERBOSE"] = "1"  # every import is written to the log
    with traced.running("up", "--json") as process:
        added(first_answer(process)["api"])
        assert wait_until(lambda: bool(provider.posted), PATIENCE)

    log = (traced.folder / "up.log").read_text()
    assert "import 'plimsoll.instrument.traces'" in log
    assert "import 'opentelemetry" not in log
    assert "import 'sentry_sdk" not in log
    assert "traceparent" not in provider.posted[0].headers
