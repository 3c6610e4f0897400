"""How spans travel, read by OpenTelemetry's names and refused in words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from plimsoll.errors import InvalidInput
from plimsoll.instrument.traces.otlp.options import Carriage, read_carriage
from plimsoll.instrument.traces.tracing import read_options

EVERYTHING, OF_TRACES = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"


def test_nothing_said_is_what_opentelemetry_takes_for_granted() -> None:
    assert read_carriage({}) == Carriage(
        timeout=timedelta(seconds=10), delay=timedelta(seconds=5), waiting=2_048, batch=512
    )


def test_everything_may_be_said(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    environ = {
        EVERYTHING + "HEADERS": "x-key=a%2Cb, x-tenant=mail",
        EVERYTHING + "COMPRESSION": "gzip",
        EVERYTHING + "TIMEOUT": "2500",
        EVERYTHING + "CERTIFICATE": str(file),
        EVERYTHING + "CLIENT_CERTIFICATE": str(file),
        EVERYTHING + "CLIENT_KEY": str(file),
        "OTEL_BSP_SCHEDULE_DELAY": "1000",
        "OTEL_BSP_MAX_QUEUE_SIZE": "100",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10",
    }

    assert read_carriage(environ) == Carriage(
        headers={"x-key": "a,b", "x-tenant": "mail"},
        compression="gzip",
        timeout=timedelta(seconds=2.5),
        certificate=str(file),
        client_certificate=str(file),
        client_key=str(file),
        delay=timedelta(seconds=1),
        waiting=100,
        batch=10,
    )


def test_what_is_said_of_traces_goes_before_what_is_said_of_everything() -> None:
    environ = {EVERYTHING + "HEADERS": "x-key=all", OF_TRACES + "HEADERS": "x-key=traces"}

    assert read_carriage(environ).headers == {"x-key": "traces"}


def test_a_queue_that_is_shorter_than_a_batch_makes_batches_shorter() -> None:
    assert read_carriage({"OTEL_BSP_MAX_QUEUE_SIZE": "20"}).batch == 20


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (EVERYTHING + "HEADERS", "x-key"),
        (OF_TRACES + "HEADERS", "=value"),
        (EVERYTHING + "HEADERS", "x-key=a%0D%0Ax-other: b"),
        (EVERYTHING + "HEADERS", "x-key=%E2%82%AC"),
        (EVERYTHING + "HEADERS", "x key=a"),
        (EVERYTHING + "COMPRESSION", "br"),
        (EVERYTHING + "TIMEOUT", "10s"),
        (EVERYTHING + "CERTIFICATE", "/nowhere/ca.pem"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ("OTEL_BSP_SCHEDULE_DELAY", str(2**31)),
        (EVERYTHING + "TIMEOUT", "9" * 5_000),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3000"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_it_was_said_under(name: str, text: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{name}: "):
        read_carriage({name: text})


def test_a_header_is_never_repeated_in_a_refusal() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_carriage({EVERYTHING + "HEADERS": "s3cret-without-a-name"})

    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("environ", "posted_to"),
    [
        ({EVERYTHING + "ENDPOINT": "http://c:4318"}, "http://c:4318/v1/traces"),
        ({EVERYTHING + "ENDPOINT": "http://c:4318/otlp/"}, "http://c:4318/otlp/v1/traces"),
        ({OF_TRACES + "ENDPOINT": "http://c/take"}, "http://c/take"),
        ({EVERYTHING + "ENDPOINT": "http://d", OF_TRACES + "ENDPOINT": "http://c/take"}, "http://c/take"),
    ],
)
def test_the_address_of_traces_is_whole_and_that_of_everything_is_not(environ: dict[str, str], posted_to: str) -> None:
    options = read_options(environ, service="shop")

    assert options is not None
    assert options.traces_endpoint == posted_to


def test_the_protocol_of_traces_goes_before_that_of_everything() -> None:
    environ = {
        EVERYTHING + "ENDPOINT": "http://c:4317",
        EVERYTHING + "PROTOCOL": "http/protobuf",
        OF_TRACES + "PROTOCOL": "grpc",
    }

    options = read_options(environ, service="shop")

    assert options is not None
    assert options.protocol == "grpc"
