"""Errors to Sentry: what arrives there, what must not, and that a process does without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from natalis.testing.servers.listening import Listener
from plimsoll.errors import InvalidInput
from plimsoll.instrument.errors import read_options

SCRIPT = Path(__file__).with_name("reporting_process.py")
TELLING = ("ada@", "hunter2", "shop_xxxx")


@pytest.fixture
def sentry() -> Iterator[Listener]:
    with Listener() as started:
        yield started


def dsn(sentry: Listener) -> str:
    return f"http://public@127.0.0.1:{sentry.port}/7"


def run(**settings: str) -> subprocess.CompletedProcess[str]:
    """Run the service that fails to its end; it has half a minute, of which it needs one second."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SENTRY_")}
    return subprocess.run(
        [sys.executable, SCRIPT], env={**inherited, **settings}, capture_output=True, text=True, check=True, timeout=30
    )


def items(sentry: Listener) -> list[tuple[str, Any]]:
    """Return what was reported, as kind and content, from the envelopes that arrived."""
    found: list[tuple[str, Any]] = []
    for posted in sentry.posted:
        assert posted.path == "/api/7/envelope/"
        lines = posted.content.split(b"\n")[1:]
        for head, content in zip(lines[::2], lines[1::2], strict=False):
            found.append((json.loads(head)["type"], json.loads(content)))
    return found


def reported_of(sentry: Listener, kind: str) -> list[Mapping[str, Any]]:
    return [content for type_, content in items(sentry) if type_ == kind]


@pytest.mark.network
def test_an_error_arrives_with_its_request_and_without_personal_data(sentry: Listener) -> None:
    run(SENTRY_DSN=dsn(sentry), SENTRY_ENVIRONMENT="development")

    (event,) = reported_of(sentry, "event")
    (failure,) = event["exception"]["values"]
    assert failure["type"] == "ValueError"
    assert failure["stacktrace"]["frames"][-1]["function"] == "greet"
    assert event["tags"]["http.request.id"] == "0123456789abcdef"
    assert (event["environment"], event["release"]) == ("development", "shop@1.2.0")
    assert [crumb["level"] for crumb in event["breadcrumbs"]["values"]] == ["warning"]
    everything = str(items(sentry))
    assert [telling for telling in TELLING if telling in everything] == []


@pytest.mark.network
def test_the_line_of_a_failed_request_is_no_error_beside_what_made_it_fail(sentry: Listener) -> None:
    ended = run(SENTRY_DSN=dsn(sentry))

    assert "GET /person/{id} 500" in ended.stderr
    assert [event["logger"] for event in reported_of(sentry, "event")] == ["shop"]


@pytest.mark.network
def test_outside_of_production_every_request_arrives_with_its_parts(sentry: Listener) -> None:
    run(SENTRY_DSN=dsn(sentry), SENTRY_ENVIRONMENT="development")

    (request,) = reported_of(sentry, "transaction")
    (event,) = reported_of(sentry, "event")
    assert request["transaction"] == "GET /person/{id}"
    (part,) = request["spans"]
    trace = request["contexts"]["trace"]
    assert (part["op"], part["parent_span_id"]) == ("db", trace["span_id"])
    assert event["contexts"]["trace"]["trace_id"] == trace["trace_id"] == part["trace_id"]


@pytest.mark.network
def test_of_traces_that_are_not_kept_only_errors_arrive(sentry: Listener) -> None:
    run(SENTRY_DSN=dsn(sentry), SENTRY_TRACES_SAMPLE_RATE="0")

    assert {kind for kind, _ in items(sentry)} == {"event"}


@pytest.mark.parametrize(("environment", "kept"), [("production", 0.1), ("", 0.1), ("development", 1.0)])
def test_a_tenth_of_the_traces_is_kept_in_production_and_all_elsewhere(environment: str, kept: float) -> None:
    options = read_options({"SENTRY_DSN": "https://key@host/1", "SENTRY_ENVIRONMENT": environment}, service="shop")

    assert options is not None
    assert options.kept == kept


@pytest.mark.network
def test_a_process_does_without_a_sentry_that_is_not_there() -> None:
    ended = run(SENTRY_DSN="http://public@127.0.0.1:9/7", SENTRY_ENVIRONMENT="development")

    assert ended.stdout == "ended\n"


def test_without_a_project_sentry_is_not_even_imported() -> None:
    ended = run(PYTHONVERBOSE="1")

    assert ended.stdout == "ended\n"
    assert "import 'plimsoll.instrument.errors'" in ended.stderr
    assert "import 'sentry_sdk" not in ended.stderr
    assert "import 'opentelemetry" not in ended.stderr


@pytest.mark.parametrize("environ", [{"SENTRY_DSN": "no"}, {"SENTRY_DSN": "https://host/1"}])
def test_what_is_no_project_is_refused(environ: Mapping[str, str]) -> None:
    with pytest.raises(InvalidInput, match="SENTRY_DSN"):
        read_options(environ, service="shop")


@pytest.mark.parametrize("rate", ["many", "1.5", "-1", "nan"])
def test_what_is_no_part_of_a_whole_is_refused(rate: str) -> None:
    environ = {"SENTRY_DSN": "https://key@host/1", "SENTRY_TRACES_SAMPLE_RATE": rate}

    with pytest.raises(InvalidInput, match="SENTRY_TRACES_SAMPLE_RATE"):
        read_options(environ, service="shop")
