"""From metrics to rules, dashboards and a gate: the page is played, against a real Prometheus."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from natalis.testing.pages import Block, Shell, blocks_of, is_printed
from natalis.testing.servers import programs
from natalis.testing.servers.server import wait_until

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plimsoll" / "instrument-a-service.md"
SOONER = {
    "scrape_interval: 5s": "scrape_interval: 1s",
    "--scenario smoke --quiet": "--scenario smoke --quiet --time-scale 30",
}
"""What a test does not wait for."""
PATIENCE = timedelta(minutes=2)
pytestmark = pytest.mark.network


@pytest.fixture
def shop(shell_with_words: Callable[..., Shell], free_ports: Callable[..., dict[str, str]]) -> Iterator[Shell]:
    """Return a shell beside the page's service, which was asked for each of its pages."""
    shell = shell_with_words(free_ports("8000", "9090") | SOONER)
    shell.environment["PATH"] += f":{Path(programs.find('prometheus')).parent}"
    blocks = {block.title: block for block in blocks_of(PAGE)}
    (shell.folder / "shop.py").write_text(blocks["shop.py"].text, encoding="utf-8")
    shell.begin(blocks["second terminal"])
    asked = "curl -sf -o tea.json --retry 60 --retry-all-errors --retry-delay 1 http://127.0.0.1:8000/v1/price/tea"
    ended, printed = shell.run(Block("sh", "", asked))
    assert ended == 0, printed + shell.printed_by("second terminal")
    yield shell
    for title in shell.others:
        shell.interrupt(title)


def test_the_page_is_played_from_metrics_to_rules_dashboards_and_a_gate(shop: Shell) -> None:
    blocks = our_part()
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.title == "prometheus.yml":
            (shop.folder / block.title).write_text(shop.expected(block), encoding="utf-8")
        elif block.is_elsewhere:
            evaluate_sooner(shop.folder / "rendered/rules.yaml")
            shop.begin(block)
        elif block.language == "sh" and block.title != "once":
            typed(shop, block, after)

    rendered = {path.name for path in (shop.folder / "rendered").iterdir()}
    assert {"rules.yaml", "rules.test.yaml", "alertmanager.yaml", "dashboards", "budgets.md", "runbooks"} <= rendered


def our_part() -> list[Block]:
    blocks = blocks_of(PAGE)
    first = next(at for at, block in enumerate(blocks) if "plimsoll init" in block.text)
    return blocks[first:]


def typed(shell: Shell, block: Block, after: Block | None) -> None:
    """Type a block; a machine that is busy may make a run INVALID (5), which is no fault of the page."""
    expected = shell.expected(after) if after is not None and after.language == "text" else "…\n"
    if block.title == "after a while":
        assert wait_until(lambda: is_printed(expected, shell.run(block)[1]), PATIENCE), shell.run(block)[1]
        return
    ended, printed = shell.run(block)
    assert ended == 0, printed
    assert is_printed(expected, printed), printed
    assert set(re.findall(r"ended with (\d+)", printed)) <= {"5"}, printed


def evaluate_sooner(rules: Path) -> None:
    text = re.sub(r"interval: \S+", "interval: 1s", rules.read_text(encoding="utf-8"))
    rules.write_text(text, encoding="utf-8")
