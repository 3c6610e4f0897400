"""Rendered pages: as they were looked at and found good, whole, and harmless whatever people write."""

from __future__ import annotations

from pathlib import Path

import pytest

from plimsoll.budget.alerts import alerts_of
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.outputs import Artefact, Kind, places_in, places_of
from plimsoll.budget.file.reading import read_file, read_text
from plimsoll.budget.rendering import render

ROOT = Path(__file__).parents[3]
SHOP = Path(__file__).parent / "golden/shop/plimsoll.yaml"
FILES = [SHOP, ROOT / "perf/plimsoll.yaml", *ROOT.glob("examples/*/plimsoll.yaml")]


def rendered(file: BudgetFile, *kinds: Kind) -> dict[Path, str]:
    return {each.path: each.text for each in render(file, places_in(Path()), kinds).artefacts}


def golden() -> list[Artefact]:
    file = read_file(SHOP)
    return list(render(file, places_of(file.render, SHOP.parent)).artefacts)


@pytest.mark.parametrize("artefact", golden(), ids=lambda each: str(each.path.relative_to(SHOP.parent)))
def test_what_is_rendered_is_what_was_looked_at_and_found_good(artefact: Artefact) -> None:
    assert artefact.text == artefact.path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_alert_has_a_page(path: Path) -> None:
    file = read_file(path)
    pages = rendered(file, Kind.RUNBOOKS)

    assert {each.name for each in alerts_of(file)} == {page.stem for page in pages}
    assert all("## When it is raised" in text and "## How soon" in text for text in pages.values())


def test_every_page_of_natalis_says_what_it_means_and_what_to_do_first() -> None:
    file = read_file(ROOT / "perf/plimsoll.yaml")

    without = [path.stem for path, text in rendered(file, Kind.RUNBOOKS).items() if "## First steps" not in text]
    meaningless = [each.name for each in file.budgets if each.alert and not each.alert.means]

    assert (without, meaningless) == ([], [])


def test_links_lead_from_where_a_page_is_to_where_others_are(tmp_path: Path) -> None:
    file = read_text(SHOP.read_text(encoding="utf-8"))
    places = {Kind.TABLE: tmp_path / "docs/all.md", Kind.RUNBOOKS: tmp_path / "runbooks"}
    made = {each.path: each.text for each in render(file, places).artefacts}

    assert "](../runbooks/alerts/HighLatency.md)" in made[tmp_path / "docs/all.md"]
    page = made[tmp_path / "runbooks/alerts/HighLatency.md"]
    assert "](../../docs/all.md)" in page
    assert "](../slow.md)" in page


def test_an_address_of_a_runbook_stays_an_address() -> None:
    text = SHOP.read_text(encoding="utf-8").replace("runbook: slow.md", "runbook: https://wiki.example/slow")

    page = rendered(read_text(text), Kind.RUNBOOKS)[Path("runbooks/alerts/HighLatency.md")]

    assert "](https://wiki.example/slow)" in page


def test_words_of_the_file_change_neither_a_table_nor_a_page() -> None:
    text = SHOP.read_text(encoding="utf-8").replace("customers leave", "a|b <script>x</script>")

    made = rendered(read_text(text), Kind.TABLE, Kind.RUNBOOKS)

    assert all("<script>" not in page for page in made.values())
    assert "a\\|b &lt;script>" in made[Path("budgets.md")]
