"""The live view of a run: redrawn in place on a terminal, a plain line now and then anywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self, TextIO

from plimsoll.measure.recording import Recording
from plimsoll.measure.run import Judged, Scenario


class LiveView:
    """Shows a run while it goes on; a context manager that gives the terminal back at its end, whatever happens.

    Args:
        name: Of the run.
        scenarios: What is to be done.
        out: Where to show it, for example `sys.stderr`.
        is_terminal: Whether to redraw in place; None to ask `out`.
    """

    def __init__(
        self, name: str, scenarios: Sequence[Scenario], out: TextIO, *, is_terminal: bool | None = None
    ) -> None:
        self._name, self._scenarios, self._out = name, tuple(scenarios), out
        self._is_terminal = out.isatty() if is_terminal is None else is_terminal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    def update(self, whole: Recording, last: Recording, elapsed: timedelta, thresholds: Sequence[Judged] = ()) -> None:
        """Show how it stands; called about once a second.

        Args:
            whole: All that was recorded so far.
            last: What was recorded since the last call.
            elapsed: From the start of the load.
            thresholds: As they stand.
        """
