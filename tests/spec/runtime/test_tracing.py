"""What the settings ask of tracing is what OpenTelemetry's variables say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from natalis.errors import SettingsInvalid
from natalis.runtime.observation import observed
from natalis.runtime.roles import Role
from natalis.runtime.settings import load
from plimsoll.instrument import traces
from plimsoll.instrument.traces.tracing import SAMPLERS

COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


def kept(environ: Mapping[str, str], folder: Path) -> float | None:
    """Return the part of the traces that is kept while a process is observed; None while nobody listens."""
    with observed(load({**COLLECTOR, **environ}, folder=folder), [Role.WORKER]):
        listener = traces.listening()
        return None if listener is None else listener.ratio


def test_nothing_is_traced_where_opentelemetry_is_disabled(tmp_path: Path) -> None:
    assert kept({}, tmp_path) == 1
    assert kept({"OTEL_SDK_DISABLED": "true"}, tmp_path) is None


@pytest.mark.parametrize("before", ["", "parentbased_"])
@pytest.mark.parametrize(("sampler", "part"), [("always_on", 1), ("always_off", 0), ("traceidratio", 0.25)])
def test_a_sampler_decides_how_many_traces_are_kept(sampler: str, part: float, before: str, tmp_path: Path) -> None:
    environ = {"OTEL_TRACES_SAMPLER": before + sampler, "OTEL_TRACES_SAMPLER_ARG": "0.25"}

    assert kept(environ, tmp_path) == part


def test_an_unknown_sampler_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=f"OTEL_TRACES_SAMPLER.*{' or '.join(SAMPLERS)}"):
        load({"OTEL_TRACES_SAMPLER": "jaeger_remote"}, folder=tmp_path)
