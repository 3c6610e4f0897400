"""The reference of Plimsoll: commands, exit codes, metrics of a run, budget file, as the program has them."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from plimsoll.budget import sources
from plimsoll.budget.dashboards.catalogue import PLANS, boards_of
from plimsoll.budget.dialects import DIALECTS
from plimsoll.budget.file.amounts import EXAMPLES, amount_of
from plimsoll.budget.file.model import Budget, BudgetFile, Service, Watch
from plimsoll.budget.file.schema import schema
from plimsoll.budget.indicators import INDICATORS, Indicator
from plimsoll.budget.promql import number
from plimsoll.budget.sight import Sight, Unseen
from plimsoll.budget.sources import Source
from plimsoll.cli.app import plimsoll
from plimsoll.cli.exit_codes import ExitCode
from plimsoll.measure import names
from plimsoll.measure.recording import Metric

_WIDTH = 100


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - as MkDocs calls it
    """Put the generated parts in their places."""
    for place, made in _MADE.items():
        if place in markdown:
            markdown = markdown.replace(place, "\n".join(made()))
    return markdown


def _commands() -> Iterator[str]:
    root = click.Context(plimsoll, info_name="plimsoll", terminal_width=_WIDTH, help_option_names=["-h", "--help"])
    for name in sorted(plimsoll.list_commands(root)):
        yield from _command(name, root, plimsoll, 2)


def _command(name: str, parent: click.Context, group: click.Group, level: int) -> Iterator[str]:
    command = group.get_command(parent, name)
    assert command is not None, name  # noqa: S101 - the group names it
    context = click.Context(command, info_name=name, parent=parent, terminal_width=_WIDTH)
    yield f"\n{'#' * level} `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from _command(below, context, command, level + 1)


def _exit_codes() -> Iterator[str]:
    rows = [(str(code.value), f"`{code.name}`", code.meaning) for code in sorted(ExitCode)]
    yield from _table(("code", "name", "meaning"), rows)


def _metrics() -> Iterator[str]:
    said = _said_of(Path(names.__file__))
    meanings = {each.name: said[constant] for constant, each in vars(names).items() if isinstance(each, Metric)}
    rows = [(f"`{name}`", metric.kind, meanings[name]) for name, metric in names.BUILT_IN.items()]
    yield from _table(("metric", "kind", "meaning"), rows)


def _said_of(path: Path) -> Mapping[str, str]:
    """Return what stands below each constant of a module."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    found = {}
    for statement, after in pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match after:
                case ast.Expr(value=ast.Constant(value=str() as text)):
                    found[statement.target.id] = " ".join(text.split())
                case _:
                    pass
    return found


def _parts() -> Iterator[str]:
    made = schema()
    for name, part in made["$defs"].items():
        if "properties" not in part:
            continue
        yield f"## {name}\n\n{part.get('description', '')}\n"
        wanted = part.get("required", ())
        rows = [
            (f"`{key}`", _kind(found, made["$defs"]), "yes" if key in wanted else "", found.get("description", ""))
            for key, found in part["properties"].items()
        ]
        yield from _table(("key", "holds", "needed", "meaning"), rows)


def _kind(found: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """Return in words what a value may be."""
    match found:
        case {"$ref": str() as reference}:
            name = reference.rpartition("/")[2]
            words = _one_of(parts[name]["enum"]) if "enum" in parts[name] else f"[{name}](#{name.lower()})"
        case {"anyOf": [{"enum": _}, *_]}:
            words = "one of the [indicators](#indicators), or one of the file's own"
        case {"anyOf": list() as either}:
            words = " or ".join(_kind(each, parts) for each in either if each.get("type") != "null")
        case {"enum": list() as words_of_it}:
            words = _one_of(words_of_it)
        case {"type": "array"}:
            words = f"list of {_kind(found.get('items', {}), parts)}"
        case {"title": str() as unit, "pattern": _}:
            words = f"[{unit}](#quantities)"
        case {"type": list()}:
            words = "a [quantity](#quantities)"
        case {"type": "object", "additionalProperties": dict() as values}:
            words = f"by name: {_kind(values, parts)}"
        case _:
            words = {"string": "text", "object": "mapping", "number": "number"}.get(str(found.get("type")), "anything")
    return words


def _one_of(words: Sequence[str]) -> str:
    return " or ".join(f"`{word}`" for word in words)


def _sources() -> Iterator[str]:
    said = _said_of_members(Path(sources.__file__))
    rows = [(f"`{each.value}`", said[each.name], ", ".join(_read_from(each))) for each in Source]
    yield from _table(("source", "what it tells", "indicators that are read from it"), rows)


def _read_from(source: Source) -> Iterator[str]:
    """Yield the indicators that need a source and no other."""
    alone = Sight(DIALECTS["plimsoll"], {source: ()})
    for indicator in INDICATORS.values():
        if _query(indicator, alone) is not None:
            yield f"`{indicator.name}`"


def _query(indicator: Indicator, sight: Sight) -> str | None:
    try:
        return indicator.live(sight).value("5m") if indicator.live else None
    except Unseen:
        return None


def _boards() -> Iterator[str]:
    """Yield a row for each built-in board, as it is for a service of which everything is watched."""
    watch = Watch(sources={source.value: f'job="{source}"' for source in Source})
    promised = Budget("cpu", "cpu", amount_of("70 %"))
    made = {board.name: board for board in boards_of(BudgetFile(Service("any"), watch, budgets=(promised,)))}
    needed = {plan.name: ", ".join(f"`{source}`" for source in plan.of) for plan in PLANS}
    rows = [
        (
            f"`{name}`",
            board.about,
            needed.get(name, "that any budget is seen"),
            "; ".join(", ".join(panel.title for panel in row.panels) for row in board.rows),
        )
        for name, board in made.items()
    ]
    yield from _table(("board", "for", "needs one of", "panels, a row after the other"), rows)


def _dialects() -> Iterator[str]:
    rows = [
        (
            f"`{name}`",
            f"`{each.requests}`",
            *(f"`{label}`" if label else "-" for label in (each.duration, each.method, each.route, each.status)),
            ", ".join(map(number, each.buckets)) or "-",
        )
        for name, each in DIALECTS.items()
    ]
    yield from _table(("dialect", "requests", "durations", "method", "route", "status", "buckets in seconds"), rows)


def _said_of_members(path: Path) -> Mapping[str, str]:
    """Return what stands below each member of the only enumeration of a module."""
    (members,) = (
        each.body for each in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(each, ast.ClassDef)
    )
    found = {}
    for statement, after in pairwise(members):
        match statement, after:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str() as text)):
                found[name] = " ".join(text.split())
            case _:
                pass
    return found


def _indicators() -> Iterator[str]:
    everything = Sight(DIALECTS["plimsoll"], dict.fromkeys(Source, ()))
    rows = [
        (
            f"`{each.name}`",
            each.about,
            f"{each.unit}, such as {EXAMPLES[each.unit]}",
            each.good,
            f"`{each.load[0]}`: `{each.load[1]}`" if each.load else "-",
            f"`{query}`" if (query := _query(each, everything)) else "-",
        )
        for each in INDICATORS.values()
    ]
    yield from _table(("indicator", "is", "counts", "kept when", "in a load test", "while the service runs"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |\n|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


_MADE: Mapping[str, Callable[[], Iterator[str]]] = {
    "<!-- the help of every command of Plimsoll -->": _commands,
    "<!-- the table of Plimsoll's exit codes -->": _exit_codes,
    "<!-- the table of a run's metrics -->": _metrics,
    "<!-- the parts of the budget file -->": _parts,
    "<!-- the table of indicators -->": _indicators,
    "<!-- the table of sources -->": _sources,
    "<!-- the table of dialects -->": _dialects,
    "<!-- the table of dashboards -->": _boards,
}
