"""What the pages of Plimsoll tell a reader to type is understood, the tutorials are played, the reference is whole."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from natalis.testing.command_line import parsed
from natalis.testing.pages import Block, Shell, blocks_of, is_printed
from plimsoll.budget.file.schema import schema
from plimsoll.budget.indicators import INDICATORS
from plimsoll.cli.app import plimsoll

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "packages" / "plimsoll").rglob("*.md")]
    if "plimsoll " in page.read_text(encoding="utf-8")
)
SHORTER = {
    "--for 30s": "--for 1s",
    "duration: 30s": "duration: 1s",
    "--round 4s": "--round 1s --rounds 5 --max-rounds 5 --noise-rounds 1 --quiet",
}
"""What a test does not wait for."""


def names(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def plimsoll_shell(
    shell_with_words: Callable[..., Shell], free_ports: Callable[..., dict[str, str]]
) -> Iterator[Shell]:
    """Return a shell in an empty folder, with `plimsoll` on its path, that waits for less than a reader would."""
    shell = shell_with_words(free_ports("8000", "8001", "8002") | SHORTER)
    yield shell
    for process in shell.others.values():
        process.kill()
        process.wait(timeout=60)


def commands_in(page: Path) -> Iterator[list[str]]:
    """Yield the arguments of each command of Plimsoll in a page's blocks."""
    for block in blocks_of(page):
        if block.language not in {"sh", "bash"}:
            continue
        for line in (
            re.sub(r"<<'END'.*?^END$", "", block.text, flags=re.DOTALL | re.MULTILINE).replace("\\\n", " ").splitlines()
        ):
            words = shlex.split(re.split(r" \|\| |; | > ", line)[0], comments=True)
            if words[:1] == ["plimsoll"]:
                yield words[1:]


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_command_on_a_page_is_understood(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in commands_in(page):
        for word in arguments:
            if word.endswith(".json") and "/" not in word:
                (tmp_path / word).touch()  # `load merge` looks for its files

        parsed(plimsoll, "plimsoll", arguments)


@pytest.mark.slow
@pytest.mark.network
def test_the_pages_are_played_from_the_first_request_to_a_gate(plimsoll_shell: Shell) -> None:
    for page in ("tutorial", "first-scenario", "from-locust", "gate-a-pull-request", "read-a-report"):
        blocks = blocks_of(ROOT / "docs" / "plimsoll" / f"{page}.md")
        for block, after in zip(blocks, [*blocks[1:], None], strict=True):
            if block.is_elsewhere:
                plimsoll_shell.begin(block)
            elif block.language == "sh" and "after.json" not in block.text:
                typed(block, after, plimsoll_shell)

    written = {path.name for path in plimsoll_shell.folder.iterdir()}
    assert {"run.json", "report.html", "comment.md", "pairs.md", "results", "plimsoll.yaml"} <= written


def typed(block: Block, after: Block | None, shell: Shell) -> None:
    """Type a block; a machine that is busy may make a run INVALID (5), which is no fault of the page."""
    ended, printed = shell.run(block)
    assert ended in {0, 5}, printed
    said = re.findall(r"ended with (\d+)", printed)
    assert {int(each) for each in said} <= {0, 5, 6, 7, 99}, printed
    assert "a fault in Plimsoll itself" not in printed
    if after is not None and after.language == "text" and "class Shopper" not in after.text:
        assert is_printed(shell.expected(after), printed), printed


def test_every_part_of_the_budget_file_says_what_it_is() -> None:
    parts = {name: part for name, part in schema()["$defs"].items() if "properties" in part}

    silent = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, each in part["properties"].items()
        if not each.get("description")
    ]
    assert {"BudgetFile", "Service", "Endpoint", "Watch", "Budget", "Alert", "OwnIndicator", "Scenario"} <= set(parts)
    assert silent == []
    assert len(INDICATORS) > 20
