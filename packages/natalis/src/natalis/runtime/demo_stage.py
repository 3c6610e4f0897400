"""The demo's stage: the real store, use cases and services on a virtual clock, in a folder that is thrown away."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from natalis.clocks.virtual import VirtualClock
from natalis.runtime.demo import START, RecordingProvider, Stage
from natalis.runtime.settings import Settings
from natalis.runtime.staffing import services_of
from natalis.runtime.wiring import open_application
from natalis.telemetry.fanout import Fanout
from natalis.transports.embedded import EmbeddedTransport


@contextlib.asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Set the stage, and strike it whatever happens; the operator's own settings play no part."""
    clock = VirtualClock(START)
    provider = RecordingProvider(clock)
    with tempfile.TemporaryDirectory(prefix="natalis-demo-") as folder:
        settings = Settings(database_url=f"sqlite:{Path(folder) / 'demo.db'}")
        async with open_application(settings, clock, exclusive=True) as application:
            planner, *staff = await services_of(
                application,
                EmbeddedTransport(clock),
                provider,
                Fanout(),
                random_unit=lambda: 0.5,
                patience=timedelta(0),  # a virtual clock does not move while a worker waits
            )
            yield Stage(
                clock=clock,
                store=application.store,
                importing=application.importing,
                planner=planner,
                staff=staff,
                provider=provider,
                book=application.book,
                horizon=settings.horizon,
            )
