"""Answers: tables for a person, JSON for a program, and not one control code for a pipe."""

from __future__ import annotations

import io
import json

import pytest

from natalis.cli.output import Output

ROWS = [{"firstName": "Nydia", "sent": 1, "note": None}, {"firstName": "José", "sent": 12, "note": "late"}]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_program_gets_one_object_a_line_with_every_key() -> None:
    out = Terminal()

    Output(as_json=True, out=out).rows(["firstName"], ROWS, empty="nobody")

    assert [json.loads(line) for line in out.getvalue().splitlines()] == ROWS
    assert "José" in out.getvalue()


def test_an_id_that_holds_the_name_of_an_emoji_stays_as_it_is() -> None:
    out = Terminal()

    Output(as_json=False, out=out).answer({}, "0190c3f2:birthday:2026-11-21 [bold]")

    assert out.getvalue() == "0190c3f2:birthday:2026-11-21 [bold]\n"


def test_a_terminal_that_cannot_show_a_letter_gets_it_escaped() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")

    Output(as_json=True, out=out).answer(ROWS[1], "José")

    out.seek(0)
    assert json.loads(out.read()) == ROWS[1]


def test_a_pipe_gets_whole_lines_without_control_codes() -> None:
    out = io.StringIO()
    long = "x" * 300

    Output(as_json=False, out=out).rows(["firstName", "sent"], [{"firstName": long, "sent": 1}], empty="nobody")

    heading, row = out.getvalue().splitlines()
    assert heading.split() == ["first", "name", "sent"]
    assert row.split() == [long, "1"]
    assert "\x1b" not in out.getvalue()


def test_a_terminal_gets_colour_unless_it_asks_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured, plain = Terminal(), Terminal()
    Output(as_json=False, out=coloured).rows(["firstName"], ROWS, empty="nobody")
    monkeypatch.setenv("TERM", "dumb")
    Output(as_json=False, out=plain).rows(["firstName"], ROWS, empty="nobody")

    assert "\x1b[" in coloured.getvalue()
    assert "\x1b[" not in plain.getvalue()


def test_names_are_never_read_as_markup() -> None:
    out = io.StringIO()

    Output(as_json=False, out=out).rows(["firstName"], [{"firstName": "[bold]Ada[/bold]"}], empty="nobody")

    assert "[bold]Ada[/bold]" in out.getvalue()


def test_an_empty_list_is_said_beside_the_answer() -> None:
    out, err = io.StringIO(), io.StringIO()

    Output(as_json=False, out=out, err=err).rows(["firstName"], [], empty="there is nobody")

    assert (out.getvalue(), err.getvalue()) == ("", "there is nobody\n")


def test_notes_do_not_reach_programs() -> None:
    err = io.StringIO()

    Output(as_json=True, err=err).note("hello")

    assert not err.getvalue()


@pytest.mark.parametrize(("err", "drawn"), [(Terminal(), True), (io.StringIO(), False)])
def test_progress_is_drawn_on_a_terminal_alone(err: io.StringIO, drawn: bool) -> None:
    with Output(as_json=False, err=err).progress("importing", 10) as advance:
        advance(10)

    assert bool(err.getvalue()) is drawn


def test_a_bar_can_wait_until_it_is_worth_while() -> None:
    err = Terminal()

    with Output(as_json=False, err=err).progress("reading", 10, after=3600) as advance:
        advance(10)

    assert not err.getvalue()
