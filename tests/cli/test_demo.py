"""`natalis demo`: everyone is greeted once, at nine in their own morning, and a person can watch it happen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from natalis.cli.demo import summary
from natalis.cli.exit_codes import ExitCode
from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey
from natalis.domain.message import Message
from natalis.domain.user import Profile
from natalis.runtime.demo import START, Carried, RecordingProvider, Tally, Witness, bring_in, play
from natalis.runtime.demo_pace import at_once, drawn, steady
from natalis.runtime.demo_stage import stage
from natalis.runtime.local import people_file
from natalis.testing.builders import a_profile, a_rulebook
from natalis.testing.command_line import Natalis

PERFECT = {"imported": 537, "planned": 537, "sent": 537, "late": 0, "missed": 0, "failed": 0, "duplicates": 0}
COLUMNS, ROWS = 80, 24


class Memory:
    """Remembers what it saw."""

    def __init__(self) -> None:
        self.carried: list[Carried] = []
        self.times: list[datetime] = []

    def time_is(self, now: datetime) -> None:
        self.times.append(now)

    def saw(self, carried: Carried) -> None:
        self.carried.append(carried)


def test_programs_get_one_object_and_nothing_else(process: Natalis) -> None:
    ran = process("demo", "--json")

    assert ran.code == 0
    assert ran.json == PERFECT
    assert list(ran.json) == list(PERFECT)
    assert not ran.err


def test_a_pipe_gets_a_plain_line_for_every_message(process: Natalis) -> None:
    ran = process("demo")

    lines = [line for line in ran.out.splitlines() if " 09:00 " in line]
    assert len(lines) == 537
    assert "\x1b" not in ran.out + ran.err
    assert "2027-02-28T14:00Z  2027-02-28 09:00 America/New_York" in ran.out
    assert any(line.endswith("Ben Cline  (born on 29 February)") for line in lines)
    assert any(line.endswith("Nydia Velázquez") for line in lines)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what the demo drew on a terminal of 80 by 24, without colours and movements."""
    return _watched(tmp_path_factory.mktemp("demo"), "demo", "--fast")


def test_a_reader_that_goes_away_ends_the_demo(clean: Path) -> None:
    natalis = Path(sys.executable).with_name("natalis")

    done = subprocess.run(
        ["bash", "-c", f"{natalis} demo | head -n 2; echo ${{PIPESTATUS[0]}}"],
        cwd=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == str(int(ExitCode.BROKEN_PIPE))


def test_a_person_sees_the_year_go_by_on_a_terminal(seen: str) -> None:
    assert "1 January 2027" in seen
    assert "★ Ben Cline, born on 29 February 1972, was greeted on 28 February at 09:00" in seen
    assert "537 of 537 greeted · 0 late" in seen
    assert re.search(r"duplicates +0", seen)
    assert max(len(line) for line in seen.splitlines()) <= COLUMNS


def test_no_picture_is_higher_than_the_terminal(seen: str) -> None:
    pictures = re.findall(r"╭.*?╰", seen, flags=re.DOTALL)
    assert pictures
    assert all(len(picture.splitlines()) < ROWS for picture in pictures)


async def test_the_stage_is_struck_afterwards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async with stage():
        there = len(_entries(tmp_path))

    assert there
    assert not _entries(tmp_path)


async def test_anybodys_people_can_be_played(tmp_path: Path) -> None:
    path, memory = tmp_path / "people.csv", Memory()
    path.write_text(
        "first name,last name,email,birthday,timezone\n"
        "Sina,Tuilagi,a@example.org,1990-06-01,Pacific/Kiritimati\n"
        "Zoë,Groß,b@example.org,1990-03-28,Europe/Berlin\n"
        "Sam,Poe,c@example.org,1990-11-07,America/New_York\n",
        encoding="utf-8",
    )

    async with stage() as ready:
        with path.open("rb") as file:
            imported = await bring_in(ready, people_file(file), lambda _: None)
        tally = await play(ready, memory, at_once)

    assert imported == 3
    assert tally.is_perfect
    assert [f"{carried.local:%m-%d %H:%M}" for carried in memory.carried] == [
        "03-28 09:00",
        "06-01 09:00",
        "11-07 09:00",
    ]
    assert memory.times == sorted(memory.times)


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def _witnessed(at: datetime, profile: Profile) -> Witness:
    witness = Witness({"someone": profile}, a_rulebook(), Memory())
    witness.saw(Message(DeliveryKey("someone", "birthday", date(2027, 5, 25)), profile.email, "", ""), at)
    return witness


@pytest.mark.parametrize(
    ("minutes", "late"),
    [(0, 0), (1, 0), (2, 1), (-1, 1), (24 * 60, 1)],
    ids=["nine", "a minute", "two", "early", "day"],
)
def test_the_witness_judges_by_the_wall_clock_of_the_recipient(minutes: int, late: int) -> None:
    nine_in_kathmandu = datetime(2027, 5, 25, 3, 15, tzinfo=UTC)

    witness = _witnessed(nine_in_kathmandu + timedelta(minutes=minutes), a_profile(timezone="Asia/Kathmandu"))

    assert witness.late == late


async def test_a_message_that_comes_twice_is_counted_twice() -> None:
    provider = RecordingProvider(VirtualClock(START))
    message = Message(DeliveryKey("someone", "birthday", date(2027, 5, 25)), "a@example.org", "", "")

    await provider.send(message)
    await provider.send(message)

    assert provider.received.total() - len(provider.received) == 1


@pytest.mark.parametrize("fault", ["late", "missed", "failed", "duplicates"])
def test_a_year_with_any_fault_is_not_called_perfect(fault: str) -> None:
    tally = Tally(**{**PERFECT, fault: 1})

    assert not tally.is_perfect
    assert "see what is not as it should be" in summary(tally)


async def test_a_steady_pace_makes_up_for_time_lost() -> None:
    clock = VirtualClock(START)
    pace = steady(8, clock)
    clock.advance(timedelta(seconds=2))

    await pace(timedelta(days=8))  # due after one second, and two have gone by: returns at once

    assert clock.monotonic() == timedelta(seconds=2)


async def test_pictures_are_drawn_no_more_often_than_they_can_be_seen() -> None:
    clock, drawings = VirtualClock(START), []
    pace = drawn(lambda: drawings.append(clock.monotonic()), at_once, clock)

    for _ in range(10):
        await pace(timedelta(0))
        clock.advance(timedelta(milliseconds=20))

    assert drawings == [timedelta(milliseconds=each) for each in (0, 60, 120, 180)]


def _watched(folder: Path, *arguments: str) -> str:
    """Run a command on a terminal of its own, and return what it drew without colours and movements."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = [str(Path(sys.executable).with_name("natalis")), *arguments]
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    running = subprocess.Popen(command, cwd=folder, stdin=follower, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    drawn_bytes = b"".join(_until_it_ends(leader))
    os.close(leader)
    assert running.wait(60) == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn_bytes.decode()).replace("\r\n", "\n").replace("\r", "\n")


def _until_it_ends(terminal: int) -> list[bytes]:
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:  # how Linux says that the other end is closed
        pass
    return parts
