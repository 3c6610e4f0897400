"""The documentation site: built strictly, complete in what it generates, and fetching nothing from elsewhere."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
from prometheus_client.parser import text_string_to_metric_families

from natalis.cli.exit_codes import ExitCode
from natalis.domain.occasion import KindRule
from natalis.runtime.settings import choices
from natalis.stores.sqlite import open_store
from natalis.telemetry.metrics import Metrics
from natalis.testing.command_line import every_command
from natalis.testing.http_api import started_api
from plimsoll.budget.alerts import alerts_of
from plimsoll.budget.file.reading import read_file
from plimsoll.budget.links import runbook_url
from plimsoll.cli.app import plimsoll
from plimsoll.cli.exit_codes import ExitCode as PlimsollCode
from plimsoll.instrument.cost import Cost, Prices
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.process import LoopLag, watch_process
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import HttpMetrics
from plimsoll.measure.names import BUILT_IN

ROOT = Path(__file__).resolve().parents[2]
_FETCHED = re.compile(r'<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)="(?:https?:)?//', re.IGNORECASE)
_INLINE = re.compile(r"</?(?:code|a|em|strong|span)\b[^>]*>")
_TAG = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, as `make check` does."""
    folder = tmp_path_factory.mktemp("site")
    mkdocs = Path(sys.executable).with_name("mkdocs")
    done = subprocess.run(
        [mkdocs, "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_nothing_on_any_page_is_fetched_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))

    assert len(pages) > 30
    assert [page.name for page in pages if _FETCHED.search(page.read_text(encoding="utf-8"))] == []


def test_every_page_of_the_folder_is_on_the_site(site: Path) -> None:
    pages = [page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")]

    names = [page.with_name("index.html") if page.name == "README.md" else page.with_suffix(".html") for page in pages]
    assert [name for name in names if not (site / name).exists()] == []


def test_every_page_can_be_reached_from_the_navigation(site: Path) -> None:
    pages = {page.relative_to(site) for page in site.rglob("*.html") if page.name != "404.html"}
    navigation = (site / "index.html").read_text(encoding="utf-8").partition('<nav class="md-nav md-nav--primary')[2]
    named = {
        Path(found.partition("#")[0])
        for found in re.findall(r'href="([^"]+)"', navigation.partition("</nav>\n</div>")[0])
    }

    assert sorted(pages - named - {Path("index.html")}) == []


def test_every_setting_is_documented(site: Path) -> None:
    page = words_of(site / "reference" / "settings.html")

    for choice in choices().values():
        assert choice.variable in page
        assert choice.doc.replace("`", "") in page


def test_every_rule_of_a_kind_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    rules = [name for name in KindRule.__dataclass_fields__ if name != "kind"]

    assert [name for name in rules if f"| `{name}` |" not in page] == []


def test_every_command_has_an_entry(site: Path) -> None:
    headings = re.findall(r"<h[234] id=[^>]*><code>([^<]+)</code>", (site / "reference" / "commands.html").read_text())

    assert sorted(headings) == sorted(path for path, _ in every_command() if path != "natalis")


def test_every_command_of_plimsoll_has_an_entry(site: Path) -> None:
    page = (site / "reference" / "plimsoll-commands.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h[234] id=[^>]*><code>plimsoll ([^<]+)</code>", page)

    assert set(headings) == set(plimsoll_commands())


def test_every_exit_code_of_plimsoll_and_every_metric_of_a_run_is_documented(site: Path) -> None:
    codes = words_of(site / "reference" / "plimsoll-commands.html")
    metrics = words_of(site / "reference" / "run-metrics.html")

    assert [code for code in PlimsollCode if f"{code.value} {code.name} {code.meaning}" not in codes] == []
    assert [
        each.name
        for each in BUILT_IN.values()
        if re.search(rf"\b{each.name} {each.kind} [A-Z]", metrics) is None  # and something is said of it
    ] == []


def plimsoll_commands() -> Iterator[str]:
    """Yield every command and group of Plimsoll."""
    context = click.Context(plimsoll)
    for name in plimsoll.list_commands(context):
        yield name
        command = plimsoll.get_command(context, name)
        if isinstance(command, click.Group):
            yield from (f"{name} {below}" for below in command.list_commands(context))


def test_every_exit_code_is_documented(site: Path) -> None:
    page = words_of(site / "reference" / "exit-codes.html")

    assert [
        code for code in ExitCode if re.search(rf"\b{code.value} {code.name} {re.escape(code.meaning)}", page) is None
    ] == []


async def test_every_operation_of_the_api_is_documented(site: Path, tmp_path: Path) -> None:
    page = words_of(site / "reference" / "api.html")

    store = await open_store(tmp_path / "natalis.db")
    async with started_api(store) as api:
        document = (await api.client.get("/openapi.json")).json()
    await store.connection.close()

    calls = [f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item]
    assert [call for call in calls if call not in page] == []


def test_every_metric_is_documented(site: Path) -> None:
    page = words_of(site / "reference" / "metrics.html").split()
    registry = Registry()
    Metrics(registry)
    Cost(registry, Prices())
    DatabaseMetrics(registry)
    HttpMetrics(registry)
    LoopLag(registry)
    watch_process(registry, service="natalis", version="0")

    families = list(text_string_to_metric_families(registry.exposition().decode()))

    assert len(families) > 30
    named = [f"{each.name}_total" if each.type == "counter" else each.name for each in families]
    assert [name for name in named if name not in page] == []


def words_of(page: Path) -> str:
    """Return the text of a page, with one blank between words."""
    text = html.unescape(_TAG.sub(" ", _INLINE.sub("", page.read_text(encoding="utf-8"))))
    return " ".join(text.split())


def test_the_address_that_an_alert_carries_is_a_page_of_the_site(site: Path) -> None:
    file = read_file(ROOT / "perf/plimsoll.yaml")
    addresses = {each.name: runbook_url(file.service, each.name) or "" for each in alerts_of(file)}

    pages = {name: site / urlsplit(address).path.lstrip("/") for name, address in addresses.items()}

    assert {
        name: page.is_file() and f">{name}<" in page.read_text(encoding="utf-8") for name, page in pages.items()
    } == dict.fromkeys(addresses, True)
