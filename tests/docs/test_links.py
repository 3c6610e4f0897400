"""What the pages name is there: files they link to, paths of the tour, commands of examples, metrics of runbooks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from natalis.cli.app import app
from natalis.telemetry.metrics import Metrics
from natalis.testing.command_line import parsed
from natalis.testing.pages import blocks_of
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.process import LoopLag, watch_process
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import HttpMetrics

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "packages" / "natalis" / "src" / "natalis"
KIT = ROOT / "packages" / "plimsoll" / "src" / "plimsoll"
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "packages").rglob("*.md")]
    if not {".venv", ".venvs"} & set(page.parts)
)
MADE_WITH_THE_SITE = {"openapi.json"}  # the strict build checks links to it
_LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#\s]+)(?:#[^)]*)?\)")
_NAMED = re.compile(
    r"`(?P<path>[\w./*-]+?\.(?:py|md|sql|csv)|(?:tests|perf|docs|services|stores|usecases)/[\w./-]+)(?::|`)"
)
_COMMAND = re.compile(r"^\s*(?:sudo (?:-u \w+ )?)?(?:\S*/)?(?P<line>natalis .*)$", re.MULTILINE)
_METRIC = re.compile(r"`(?:increase\(|rate\()?(?P<name>[a-z]+_[a-z_]+)(?:\{|\[|`| [=>])")


def names(page: Path) -> str:
    """Return how a test calls a page."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_link_to_a_file_of_the_repository_resolves(page: Path) -> None:
    linked = {found["path"] for found in _LINK.finditer(page.read_text(encoding="utf-8"))}

    assert [path for path in linked - MADE_WITH_THE_SITE if not (page.parent / path).exists()] == []


def test_every_path_that_the_architecture_names_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    paths = {found["path"] for found in _NAMED.finditer(text)}

    assert len(paths) > 20
    assert sorted(path for path in paths if not list(places_of(path))) == []


def test_every_room_of_the_tree_exists_and_has_its_line() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tree = text[text.index("packages/natalis/src/natalis/\n") : text.index("packages/plimsoll")]
    drawn = {room.partition("/")[0] for room in re.findall(r"^  ([\w/]+)/ ", tree, re.MULTILINE)}

    rooms = {path.name for path in CODE.iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert drawn == rooms


@pytest.mark.parametrize("page", [page for page in PAGES if "natalis " in page.read_text(encoding="utf-8")], ids=names)
def test_every_command_in_an_example_is_understood(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for line in commands_in(page):
        arguments = shlex.split(line, comments=True)[1:]
        for argument in arguments:
            if argument.endswith((".csv", ".vcf", ".toml")):
                Path(tmp_path / Path(argument).name).touch()

        parsed(app, "natalis", [Path(each).name if each.endswith((".csv", ".toml")) else each for each in arguments])


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "runbooks").glob("*.md")), ids=names)
def test_every_metric_in_a_runbook_exists(page: Path) -> None:
    registry = Registry()
    Metrics(registry)
    DatabaseMetrics(registry)
    HttpMetrics(registry)
    LoopLag(registry)
    watch_process(registry, service="natalis", version="0")
    known = registry.exposition().decode()
    settings = (ROOT / "packages/natalis/src/natalis/runtime/settings.py").read_text(encoding="utf-8")

    named = {found["name"] for found in _METRIC.finditer(page.read_text(encoding="utf-8"))}

    assert sorted(name for name in named if f"# TYPE {name} " not in known and f"    {name}: " not in settings) == []


def commands_in(page: Path) -> Iterator[str]:
    """Yield the command lines of a page's shell blocks, indented ones included, without redirections."""
    text = page.read_text(encoding="utf-8")
    indented = re.findall(r"^ +```sh\n(.*?)^ +```$", text, re.MULTILINE | re.DOTALL)
    for block in [*(each.text for each in blocks_of(page) if each.language == "sh"), *indented]:
        for found in _COMMAND.finditer(block):
            yield re.sub(r" [>|].*$", "", found["line"].replace('"$(date -u +%Y)"', "2026"))


def places_of(path: str) -> Iterator[Path]:
    """Yield where a path of the tour is: from the root, from a package, or below one where only a name is given."""
    for base in (ROOT, CODE, KIT):
        yield from base.glob(path)
    if "/" not in path:
        yield from (*CODE.rglob(path), *KIT.rglob(path))
