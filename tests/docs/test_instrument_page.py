"""The page on instrumenting a service is played: from an empty folder to what a scraper is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from natalis.testing.pages import Block, Shell, blocks_of, is_printed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plimsoll" / "instrument-a-service.md"
pytestmark = [pytest.mark.network, pytest.mark.slow]


@pytest.fixture
def empty_folder(shell_with_words: Callable[..., Shell], free_ports: Callable[..., dict[str, str]]) -> Iterator[Shell]:
    """Return a shell in an empty folder, with free ports in place of the page's."""
    shell = shell_with_words(free_ports("8000", "8001", "9464"))
    yield shell
    for title in shell.others:
        shell.interrupt(title)


def test_the_page_is_played_from_an_empty_folder_to_what_several_processes_tell(empty_folder: Shell) -> None:
    blocks = our_part()
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.title.endswith(".py"):
            (empty_folder.folder / block.title).write_text(block.text, encoding="utf-8")
        elif block.is_elsewhere:
            empty_folder.begin(block)
            wait_until_it_answers(empty_folder, block)
        elif block.language == "sh" and block.title != "once":
            _, printed = empty_folder.run(block)
            if after is not None and after.language == "text":
                assert is_printed(empty_folder.expected(after), printed), printed


def our_part() -> list[Block]:
    """Return the blocks of the page up to its last part, which others play."""
    blocks = blocks_of(PAGE)
    last = next(at for at, block in enumerate(blocks) if "9464/metrics | grep" in block.text)
    return blocks[: last + 2]


def wait_until_it_answers(shell: Shell, server: Block) -> None:
    port = "8001" if "8001" in server.text else "8000"
    asked = f"curl -s -o none --retry 60 --retry-all-errors --retry-delay 1 http://127.0.0.1:{port}/metrics"
    ended, printed = shell.run(Block("sh", "", asked))
    assert ended == 0, printed + shell.printed_by(server.title)


def test_the_snippets_of_the_page_do_what_they_say(empty_folder: Shell) -> None:
    shop = next(block.text for block in our_part() if block.title == "shop.py")
    further = [block.text for block in our_part() if block.language == "python" and not block.title]

    program = "\n".join([shop, *further, 'assert b"baskets_total" in app.registry.exposition()'])
    (empty_folder.folder / "whole.py").write_text(program, encoding="utf-8")
    ended, printed = empty_folder.run(Block("sh", "", "python whole.py"))

    assert ended == 0, printed
