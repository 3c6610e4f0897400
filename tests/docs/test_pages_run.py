"""What README and tutorial tell a reader to type does what they say it does, down to what is printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from natalis.testing.pages import Block, Shell, blocks_of, is_printed

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.network
MAKE = re.compile(r"^make (demo|test|setup)$", re.MULTILINE)


@pytest.mark.slow
def test_the_tutorial_runs_from_an_empty_folder_to_a_message_received(shell: Shell) -> None:
    play([block for block in blocks_of(ROOT / "docs" / "tutorial.md") if not MAKE.search(block.text)], shell)


@pytest.mark.slow
def test_the_page_of_the_fleet_runs_from_empty_servers_to_a_message_received(fleet_shell: Shell) -> None:
    play(blocks_of(ROOT / "docs" / "how-to" / "run-a-fleet.md"), fleet_shell)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["scale-a-fleet", "back-up-and-restore", "upgrade-a-fleet", "have-it-looked-at"])
def test_a_page_about_a_fleet_runs_where_there_is_one(page: str, fleet_at_work: Shell) -> None:
    play(blocks_of(ROOT / "docs" / "how-to" / f"{page}.md"), fleet_at_work)


def test_what_readme_says_after_the_demo_runs(shell: Shell) -> None:
    blocks = blocks_of(ROOT / "README.md")
    last_make = max(at for at, block in enumerate(blocks) if MAKE.search(block.text))
    asked = [
        Block(block.language, block.title, block.text.replace('export PATH="$PWD/.venv/bin:$PATH"\n', ""))
        for block in blocks[last_make + 1 :]
    ]

    play(asked, shell)


def test_readme_shows_the_two_make_commands_exactly() -> None:
    shown = [block.text for block in blocks_of(ROOT / "README.md") if block.language == "sh"]

    assert shown[:2] == ["make demo\n", "make test\n"]


def test_readme_shows_what_the_demo_prints(shell: Shell) -> None:
    blocks = blocks_of(ROOT / "README.md")
    at = next(at for at, block in enumerate(blocks) if block.text == "make demo\n")
    recipe = re.search(r"^demo:.*\n\t@\$\(BIN\)/(?P<command>natalis demo)$", makefile(), re.MULTILINE)
    assert recipe is not None

    _, printed = shell.run(Block("sh", "", recipe["command"]))

    assert is_printed(blocks[at + 1].text, printed), printed


def test_the_example_in_the_readme_of_plimsoll_has_metrics() -> None:
    example = next(
        block.text for block in blocks_of(ROOT / "packages/plimsoll/README.md") if block.language == "python"
    )

    made: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), made)  # noqa: S102 - the page is ours

    assert b'service="my-service"' in made["app"].registry.exposition()


@pytest.mark.parametrize(
    ("expected", "printed", "holds"),
    [
        ("one\n", "one\n", True),
        ("one\n", "two\n", False),
        ("one …\n", "one 1234\n", True),
        ("one\n…\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("one\n…\nfive\n", "one\ntwo\nthree\nfour\n", False),
        ("one\n", "one\ntwo\n", False),
    ],
)
def test_an_ellipsis_stands_for_anything_and_nothing_else_does(expected: str, printed: str, holds: bool) -> None:
    assert is_printed(expected, printed) is holds


def play(blocks: list[Block], shell: Shell) -> None:
    """Type every block, and compare what each terminal shows with what the page says."""
    said: dict[str, str] = {}
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.is_elsewhere and block.language == "sh":
            shell.begin(block)
        elif block.is_elsewhere:
            said[block.title] = said.get(block.title, "") + shell.expected(block)
        elif block.language == "sh":
            type_in(block, after, shell)
    for title in reversed(list(shell.others)):
        assert shell.interrupt(title) == 0, title
        assert is_printed(said.get(title, "…"), shell.printed_by(title)), shell.printed_by(title)


def type_in(block: Block, after: Block | None, shell: Shell) -> None:
    """Type a block in the first terminal; without an output to compare with, it has to end well."""
    if after is None or after.language != "text" or after.is_elsewhere:
        ended, printed = shell.run(block)
        assert ended == 0, printed
        return
    expected = shell.expected(after)
    printed = shell.run_until(block, expected) if block.title else shell.run(block)[1]
    assert is_printed(expected, printed), printed


def makefile() -> str:
    """Return the text of the Makefile."""
    return Path(ROOT / "Makefile").read_text(encoding="utf-8")
