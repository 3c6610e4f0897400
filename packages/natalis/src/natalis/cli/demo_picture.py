"""The demo as a person sees it: one screen of a terminal, redrawn as the virtual year goes by."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from natalis.runtime.demo import START, YEAR, Carried

_ZONES_SHOWN = 7
_NAMES_SHOWN = 7
_BLOCKS = " ▁▂▃▄▅▆▇█"
_CHART_ROWS = 4
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(slots=True)
class Picture:
    """What has been seen so far, and how it is drawn in 80 columns and 23 rows, which leaves one for the prompt."""

    people: int
    now: datetime = START
    zones: Counter[str] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    latest: deque[Carried] = field(default_factory=lambda: deque(maxlen=_NAMES_SHOWN))
    leapling: Carried | None = None
    late: int = 0

    def time_is(self, now: datetime) -> None:
        """The virtual clock moved."""
        self.now = now

    def saw(self, carried: Carried) -> None:
        """A message arrived at the provider."""
        self.zones[carried.profile.timezone] += 1
        self.hours[carried.at.hour] += 1
        self.latest.appendleft(carried)
        self.late += not carried.on_time
        if carried.profile.birthday.is_leap_day:
            self.leapling = carried

    @property
    def sent(self) -> int:
        """How many messages arrived."""
        return self.zones.total()

    def __rich__(self) -> RenderableType:
        """Draw it."""
        middle = Table.grid(padding=(0, 3))
        middle.add_column(width=36)
        middle.add_column(width=36)
        middle.add_row(self._zones(), self._latest())
        body = Group(self._year(), Text(), middle, Text(), self._hours(), self._leap_day())
        title = f"[bold]Natalis[/] · {self.people} people, one virtual year"
        return Panel(body, title=title, subtitle=self._counts(), width=80, padding=(0, 1))

    def _counts(self) -> str:
        return f"[bold green]{self.sent}[/] of {self.people} greeted · [bold]{self.late}[/] late"

    def _year(self) -> RenderableType:
        done = (self.now - START) / YEAR
        months = Text("".join(f"{month:<6}" for month in _MONTHS), style="dim")
        clock = Text(f"{self.now:%A} {self.now.day} {self.now:%B %Y}  {self.now:%H:%M} UTC", style="bold")
        return Group(clock, Bar(size=1, begin=0, end=min(1.0, max(0.0, done)), width=72, color="cyan"), months)

    def _zones(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=20, no_wrap=True)
        table.add_column(width=10)
        table.add_column(justify="right", width=4)
        most = max(self.zones.values(), default=1)
        table.add_row(Text("by zone", style="dim"), "", "")
        for zone, count in self.zones.most_common(_ZONES_SHOWN - 1):
            bar = Bar(size=most, begin=0, end=count, width=10, color="green")
            table.add_row(_place(zone), bar, str(count))
        rest = self.zones.most_common()[_ZONES_SHOWN - 1 :]
        if rest:
            table.add_row(
                Text(f"{len(rest)} more zone{'s' * (len(rest) > 1)}", style="dim"),
                "",
                str(sum(count for _, count in rest)),
            )
        return _padded(table, _ZONES_SHOWN + 1)

    def _latest(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        table.add_row(Text("their day, their morning", style="dim"))
        for carried in self.latest:
            table.add_row(_greeted(carried))
        return _padded(table, _NAMES_SHOWN + 1)

    def _hours(self) -> RenderableType:
        most = max(self.hours.values(), default=1)
        rows = [Text("by hour, UTC", style="dim")]
        for row in range(_CHART_ROWS - 1, -1, -1):
            cells = (_cell(self.hours[hour], most, row) for hour in range(24))
            rows.append(Text("".join(f"{cell * 2} " for cell in cells), style="green"))
        rows.append(Text("".join(f"{hour:02d} " for hour in range(24)), style="dim"))
        return Group(*rows)

    def _leap_day(self) -> RenderableType:
        if self.leapling is None:
            return Text("29 February does not exist this year: someone born on it waits for the 28th", style="dim")
        born, local = self.leapling.profile.birthday, self.leapling.local
        text = (
            f"★ {self.leapling.profile.full_name}, born on 29 February {born.year}, "
            f"was greeted on {local.day} {local:%B} at {local:%H:%M}"
        )
        return Text(text, style="bold yellow")


def line(carried: Carried) -> str:
    """Return a message as one line of a log, for output that is not a terminal."""
    profile, local = carried.profile, carried.local
    note = "  (born on 29 February)" if profile.birthday.is_leap_day else ""
    place = f"{local:%Y-%m-%d %H:%M} {profile.timezone}"
    return f"{carried.at:%Y-%m-%dT%H:%MZ}  {place:<45}  {profile.full_name}{note}"


def _greeted(carried: Carried) -> Text:
    local, leapling = carried.local, carried.profile.birthday.is_leap_day
    text = Text(f"{local.day:>2} {local:%b %H:%M}  ", style="dim")
    text.append(carried.profile.full_name, style="bold yellow" if leapling else "bold")
    text.truncate(36, overflow="ellipsis")
    return text


def _place(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _cell(count: int, most: int, row: int) -> str:
    # rows count from the bottom; eight steps each; whatever is not zero shows at least one step
    steps = max(1, round(count / most * _CHART_ROWS * 8)) if count else 0
    return _BLOCKS[max(0, min(8, steps - row * 8))]


def _padded(table: Table, rows: int) -> Table:
    for _ in range(rows - table.row_count):
        table.add_row("")
    return table
