"""The how-to and the reference of the budget file: every example is read, every key and indicator is there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from natalis.testing.pages import Block, blocks_of
from plimsoll.budget.dialects import DIALECTS
from plimsoll.budget.file.prose import FIGURES
from plimsoll.budget.file.reading import read_text
from plimsoll.budget.file.schema import schema
from plimsoll.budget.indicators import INDICATORS
from plimsoll.budget.promises import promises_of
from plimsoll.budget.sources import Source
from plimsoll.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = blocks_of(ROOT / "docs/plimsoll/write-a-budget-file.md")
FILES = [block for block in HOW_TO if block.title == "plimsoll.yaml"]


def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plimsoll_reference", ROOT / "docs/hooks/plimsoll_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference() -> str:
    """The page as the site shows it."""
    text = (ROOT / "docs/reference/budget-file.md").read_text(encoding="utf-8")
    return str(hook().on_page_markdown(text, page=None, config=None, files=None))


@pytest.mark.parametrize("block", FILES, ids=lambda block: block.text.split("\n")[-2][:40])
def test_every_file_of_the_how_to_is_read_and_its_alerts_are_watched(block: Block) -> None:
    promises = promises_of(read_text(block.text))

    assert promises
    assert [each.slug for each in promises if (each.budget.alert or each.budget.window) and each.measure is None] == []


def test_the_how_to_shows_what_a_refusal_looks_like() -> None:
    (wrong,) = [block for block in HOW_TO if block.title == "refused"]
    said = HOW_TO[HOW_TO.index(wrong) + 1].text.strip()

    with pytest.raises(InvalidInput) as refused:
        read_text(wrong.text)

    assert str(refused.value) == said


def test_the_how_to_shows_other_dialects() -> None:
    dialects = {file.watch.dialect for block in FILES if (file := read_text(block.text)).watch}

    assert dialects == set(DIALECTS) - {"starlette-exporter"}


def test_the_reference_has_every_key_of_every_part(reference: str) -> None:
    sections = {part.partition("\n")[0]: part for part in reference.split("\n## ")}

    missing = [
        f"{name}.{key}"
        for name, part in schema()["$defs"].items()
        for key in part.get("properties", {})
        if f"| `{key}` |" not in sections.get(name, "")
    ]
    assert missing == []


def test_the_reference_has_every_indicator_source_and_dialect(reference: str) -> None:
    for name in (*INDICATORS, *Source, *DIALECTS):
        assert f"\n| `{name}` |" in reference, name


def test_the_how_to_and_the_reference_have_every_figure_that_prose_may_name(reference: str) -> None:
    how_to = (ROOT / "docs/plimsoll/write-a-budget-file.md").read_text(encoding="utf-8")

    assert [name for name in FIGURES if f"`{{{name}}}`" not in how_to] == []
    assert [name for name in FIGURES if f"\n| `{{{name}}}` |" not in reference] == []


def test_the_reference_shows_how_prometheus_is_asked(reference: str) -> None:
    (row,) = [line for line in reference.splitlines() if line.startswith("| `throughput` |")]

    assert 'sum(rate(http_requests_total{synthetic!="true"}[5m]))' in row
