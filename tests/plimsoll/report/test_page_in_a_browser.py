"""The HTML report in a real browser: silent, alone, no wider than a phone, and harmless whatever a name says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plimsoll.measure.run import Run
from plimsoll.report.html import html_page
from plimsoll.report.reading import findings_of

if TYPE_CHECKING:
    Browser = Any

CONTRAST = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  let worst = [99, ""];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest(".skip")) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst[0]) worst = [ratio, element.tagName + "." + element.className];
  }
  return worst;
})()
"""


@pytest.fixture(scope="session", params=["frozen", "invalid", "hostile"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run: Run = request.getfixturevalue(request.param)
    path = tmp_path_factory.mktemp("report") / "page.html"
    path.write_text(html_page(findings_of(run)), encoding="utf-8")
    return path


def test_it_asks_nothing_of_the_network_and_complains_of_nothing(browser: Browser, page: Path) -> None:
    opened = browser.open(page, 390)

    assert opened.requests == [page.as_uri()]
    assert opened.complaints == []


@pytest.mark.parametrize("width", [390, 768])
def test_it_is_no_wider_than_its_screen(browser: Browser, page: Path, width: int) -> None:
    opened = browser.open(page, width)
    opened.ask("document.querySelectorAll('details').forEach((each) => { each.open = true; })")

    assert opened.ask("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_is_told_from_what_is_behind_it_by_the_contrast_of_wcag_aa(
    browser: Browser, page: Path, scheme: str
) -> None:
    opened = browser.open(page, 1280, scheme)
    opened.ask("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    ratio, where = opened.ask(CONTRAST)

    assert ratio >= 4.5, where


def test_dark_and_light_differ(browser: Browser, frozen: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(html_page(findings_of(frozen)), encoding="utf-8")
    pictures = {hashlib.sha256(browser.open(page, 800, scheme).picture()).digest() for scheme in ("light", "dark")}

    assert len(pictures) == 2


def test_no_name_becomes_an_element_or_is_run(browser: Browser, page: Path) -> None:
    opened = browser.open(page, 1280)

    assert opened.ask("document.querySelectorAll('img, iframe, object, link[rel=stylesheet]').length") == 0
    assert opened.ask("document.scripts.length") == 1


def test_a_plot_is_read_with_the_keyboard_and_the_pointer(browser: Browser, good: Run, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(html_page(findings_of(good)), encoding="utf-8")
    opened = browser.open(path, 1280)
    opened.ask("window.canvas = document.querySelector('[data-plot]'); canvas.focus()")
    for _ in range(3):
        opened.ask("canvas.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', cancelable: true}))")

    said = opened.ask("canvas.querySelector('.readout').textContent").split("\n")
    assert said[0] == "2s"
    assert [line.split("  ")[0] for line in said[1:]] == ["p50", "p95", "p99", "max"]
    opened.ask("canvas.blur()")
    assert opened.ask("canvas.querySelector('.readout').hidden") is True


def test_endpoints_are_sorted_by_the_column_that_is_asked_for(browser: Browser, good: Run, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(html_page(findings_of(good)), encoding="utf-8")
    opened = browser.open(path, 1280)
    names = (
        "[...document.querySelectorAll('.sortable tbody th')].map((each) => each.textContent.trim().split(' ').pop())"
    )
    click = "[...document.querySelectorAll('.sortable button')].find((each) => each.textContent === 'p95').click()"
    opened.ask(click)
    slowest = opened.ask(names)
    opened.ask(click)

    assert slowest[0] == "create"
    assert opened.ask(names) == slowest[::-1]
    assert opened.ask("document.querySelector('[aria-sort]').textContent") == "p95"


def test_every_plot_and_table_is_named_for_those_who_do_not_see_it(browser: Browser, page: Path) -> None:
    opened = browser.open(page, 1280)
    unnamed = "[...document.querySelectorAll('[role=img], [role=region]')].filter((e) => !e.ariaLabel).length"
    headless = "[...document.querySelectorAll('table')].filter((e) => !e.querySelector('thead th[scope=col]')).length"

    assert (opened.ask(unnamed), opened.ask(headless)) == (0, 0)
    assert opened.ask("document.querySelectorAll('h1').length") == 1
    assert opened.ask("document.documentElement.lang") == "en"
