"""The live view of a run: redrawn in place on a terminal, a plain line now and then anywhere else."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Final, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from plimsoll.measure import names
from plimsoll.measure.durations import in_words
from plimsoll.measure.recording import Recording
from plimsoll.measure.run import Judged, Scenario
from plimsoll.measure.tallies import Counter, Gauge, Rate, Trend
from plimsoll.report import words

EVERY: Final = timedelta(seconds=10)
"""How often a line is written where there is no terminal."""
_KEPT: Final = 50
_SHADES: Final = " ▁▂▃▄▅▆▇█"
_PERCENTS: Final = (50.0, 95.0, 99.0)
_SHOWN: Final = 12


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
        self._name, self._scenarios, self._out = words.clean(name), tuple(scenarios), out
        self._ends = max((each.starts_after + each.lasts for each in self._scenarios), default=timedelta(0))
        self._rates: deque[float] = deque(maxlen=_KEPT)
        self._slow: deque[float] = deque(maxlen=_KEPT)
        self._last, self._written = timedelta(0), -EVERY
        redraws = out.isatty() if is_terminal is None else is_terminal
        console = Console(file=out, force_terminal=True, highlight=False)
        self._live = Live(console=console, auto_refresh=False, transient=True) if redraws else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, at)

    def update(self, whole: Recording, last: Recording, elapsed: timedelta, thresholds: Sequence[Judged] = ()) -> None:
        """Show how it stands; called about once a second.

        Args:
            whole: All that was recorded so far.
            last: What was recorded since the last call.
            elapsed: From the start of the load.
            thresholds: As they stand.
        """
        since = max((elapsed - self._last).total_seconds(), 1e-3)
        self._last = elapsed
        now, so_far = _Figures(last, since), _Figures(whole, elapsed.total_seconds())
        self._rates.append(now.rate)
        self._slow.append(now.times[1])
        if self._live is not None:
            self._live.update(self._drawn(now, so_far, elapsed, thresholds), refresh=True)
        elif elapsed - self._written >= EVERY:
            self._written = elapsed
            print(self._line(now, so_far, elapsed, thresholds), file=self._out, flush=True)

    def _line(self, now: _Figures, so_far: _Figures, elapsed: timedelta, thresholds: Sequence[Judged]) -> str:
        crossed = sum(each.holds is False for each in thresholds)
        parts = (
            f"{in_words(timedelta(seconds=round(elapsed.total_seconds())))} of {in_words(self._ends)}",
            f"{so_far.requests:,} requests",
            words.rate(now.rate),
            "p50/p95/p99 " + "/".join(words.milliseconds(each) for each in now.times),
            f"{words.share(so_far.failed)} failed",
            f"{now.users:,.0f} users",
            f"{so_far.dropped:,.0f} dropped",
            f"{crossed} of {len(thresholds)} thresholds crossed" if thresholds else "",
        )
        return ", ".join(part for part in parts if part)

    def _drawn(
        self, now: _Figures, so_far: _Figures, elapsed: timedelta, thresholds: Sequence[Judged]
    ) -> RenderableType:
        head = Text(f"{self._name}  ", style="bold", no_wrap=True)
        head.append(f"{in_words(timedelta(seconds=round(elapsed.total_seconds())))} of {in_words(self._ends)}", "dim")
        return Group(head, self._progress(elapsed), self._figures(now, so_far), *self._lines(), *_standing(thresholds))

    def _progress(self, elapsed: timedelta) -> Table:
        grid = Table.grid(padding=(0, 1))
        for each in self._scenarios[:_SHOWN]:
            share = (elapsed - each.starts_after) / each.lasts if each.lasts else 0.0
            share = min(max(share, 0.0), 1.0)
            bar = ProgressBar(total=1.0, completed=share, width=24)
            grid.add_row(
                Text(words.clean(each.name)),
                bar,
                f"{share:4.0%}",
                Text(words.clean(each.load), style="dim", no_wrap=True, overflow="ellipsis"),
            )
        return grid

    def _figures(self, now: _Figures, so_far: _Figures) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for title in ("", "rate", "p50", "p95", "p99", "failed", "users", "dropped"):
            table.add_column(title, justify="left" if not title else "right")
        for title, each in (("this second", now), ("so far", so_far)):
            table.add_row(
                Text(title, style="dim"),
                words.rate(each.rate),
                *(words.milliseconds(one) for one in each.times),
                Text(words.share(each.failed), style="red" if each.failed else ""),
                f"{each.users:,.0f}",
                Text(f"{each.dropped:,.0f}", style="yellow" if each.dropped else ""),
            )
        return table

    def _lines(self) -> list[Text]:
        rows = (("rate", self._rates, words.rate), ("p95", self._slow, words.milliseconds))
        return [
            Text(f"{title:<5}{sparkline(values):<{_KEPT}} {say(max(values))} at most", style="cyan", no_wrap=True)
            for title, values, say in rows
        ]


def sparkline(values: Sequence[float] | deque[float]) -> str:
    """Return values as a row of bars, each as high as its share of the highest."""
    top = max(values, default=0.0)
    return "".join(_SHADES[round(each / top * (len(_SHADES) - 1))] if top > 0 else _SHADES[0] for each in values)


class _Figures:
    """What one line of the view says."""

    def __init__(self, recording: Recording, seconds: float) -> None:
        latency = recording.select(names.HTTP_REQ_LATENCY.name) or recording.select(names.ITERATION_DURATION.name)
        failed = recording.select(names.HTTP_REQ_FAILED.name)
        users = recording.select(names.VUS.name)
        self.requests = failed.count if isinstance(failed, Rate) else 0
        self.rate = self.requests / seconds if seconds > 0 else 0.0
        self.failed = failed.share if isinstance(failed, Rate) else 0.0
        self.times: tuple[float, ...] = (0.0, 0.0, 0.0)
        if isinstance(latency, Trend):
            self.times = tuple(each / latency.scale for each in latency.histogram.percentiles(_PERCENTS))
        self.users = users.value if isinstance(users, Gauge) else 0.0
        dropped = recording.select(names.DROPPED_ITERATIONS.name)
        self.dropped = dropped.value if isinstance(dropped, Counter) else 0.0


def _standing(thresholds: Sequence[Judged]) -> list[Text]:
    styles = {True: "green", False: "red", None: "yellow"}
    crossed_first = sorted(thresholds, key=lambda each: each.holds is not False)
    shown = [
        Text(
            f"{words.mark(each.holds)} {words.clean(each.metric)} {words.clean(each.condition)}  {words.actual(each)}",
            style=styles[each.holds],
        )
        for each in crossed_first[:_SHOWN]
    ]
    hidden = len(thresholds) - len(shown)
    return [*shown, Text(f"… and {hidden} more", style="dim")] if hidden > 0 else shown
