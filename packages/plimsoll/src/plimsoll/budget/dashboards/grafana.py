"""Boards as Grafana's JSON, by Grafana's own builders; the only place that knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from grafana_foundation_sdk.builders import bargauge, common, dashboard, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as parts
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from plimsoll.budget.dashboards.panel import Board, Bounds, Panel, Query, Row
from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.links import uid_of
from plimsoll.budget.sides import Good

Drawn: TypeAlias = timeseries.Panel | stat.Panel | bargauge.Panel | heatmap.Panel | table.Panel

_SOURCE: Final = parts.DataSourceRef("prometheus", "${datasource}")
_UNITS: Final[Mapping[Scale, str]] = {
    Scale.NUMBER: "short",
    Scale.SHARE: "percentunit",
    Scale.SECONDS: "s",
    Scale.BYTES: "decbytes",
    Scale.DOLLARS: "currencyUSD",
    Scale.PER_SECOND: "ops",
    Scale.REQUESTS_PER_SECOND: "reqps",
    Scale.BYTES_PER_SECOND: "Bps",
}
_WIDTH: Final = 24  # columns of a board
_MOST_BESIDE: Final = 4
_HEIGHT, _HEIGHT_OF_STAT = 8, 5
_NEXT_TO_NOTHING: Final = 1e-9
_WELL, _NEAR, _WRONG, _PLAIN = "green", "orange", "red", "blue"


def drawn(board: Board, mark: str) -> str:
    """Return a board as JSON; the same for the same board, whatever else is rendered.

    Args:
        board: What it shows.
        mark: The line that says whence it is; it ends the board's description.
    """
    builder = (
        dashboard.Dashboard(f"{board.service}: {board.title}")
        .uid(uid_of(board.service, board.name))
        .description(f"{board.about} {mark}".strip())
        .tags(["plimsoll", board.service])
        .editable()
        .tooltip(parts.DashboardCursorSync.CROSSHAIR)
        .time("now-3h", "now")
        .timezone("browser")
        .refresh("30s")
        .with_variable(_choice_of_source())
        .link(_other_boards(board))
        .annotation(_alerts(board))
    )
    if board.instances:
        builder.with_variable(_choice_of_instances(board.instances))
    widths = iter([width for row in board.rows for width in _widths(len(row.panels))])
    for number, each in board.numbered():
        if isinstance(each, Row):
            builder.with_row(dashboard.Row(each.title).id(number))
        else:
            builder.with_panel(_panel(each).id(number).span(next(widths)))
    return f"{JSONEncoder(sort_keys=True, indent=2).encode(builder.build())}\n"


def _widths(panels: int) -> Iterator[int]:
    """Yield the width of each of a row's panels, so that each line is full: five are three and two."""
    for line in range(-(-panels // _MOST_BESIDE), 0, -1):
        beside = -(-panels // line)
        yield from [_WIDTH // beside] * beside
        panels -= beside


def _panel(panel: Panel) -> Drawn:
    builder = _BUILDERS[panel.kind](panel)
    builder.title(panel.title).description(panel.about).datasource(_SOURCE).unit(_UNITS[panel.scale])
    builder.height(_HEIGHT_OF_STAT if panel.kind is Kind.STAT else _HEIGHT)
    builder.thresholds(dashboard.ThresholdsConfig().mode(parts.ThresholdsMode.ABSOLUTE).steps(_steps(panel.bounds)))
    if panel.most is not None:
        builder.min(0).max(panel.most)
    if panel.runbook is not None:
        builder.links([dashboard.DashboardLink("What to do").url(panel.runbook).target_blank(True)])  # noqa: FBT003 - the SDK's
    return builder


def _lines(panel: Panel) -> Drawn:
    builder = timeseries.Panel().fill_opacity(8).legend(_legend()).tooltip(_tooltip()).axis_soft_min(0)
    builder.color_scheme(dashboard.FieldColor().mode(parts.FieldColorModeId.PALETTE_CLASSIC))
    if panel.bounds is not None:
        style = common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED)
        builder.thresholds_style(style)
    return _asking(builder, panel)


def _stack(panel: Panel) -> Drawn:
    builder = timeseries.Panel().fill_opacity(40).line_width(0).legend(_legend()).tooltip(_tooltip())
    builder.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group("A")).axis_soft_min(0)
    builder.color_scheme(dashboard.FieldColor().mode(parts.FieldColorModeId.PALETTE_CLASSIC))
    return _asking(builder, panel)


def _stat(panel: Panel) -> Drawn:
    builder = stat.Panel().graph_mode(looks.BigValueGraphMode.AREA).color_mode(looks.BigValueColorMode.VALUE)
    builder.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"])).no_value("none yet")
    builder.color_scheme(dashboard.FieldColor().mode(parts.FieldColorModeId.THRESHOLDS))
    return _asking(builder, panel)


def _bars(panel: Panel) -> Drawn:
    builder = bargauge.Panel().orientation(looks.VizOrientation.HORIZONTAL)
    builder.display_mode(looks.BarGaugeDisplayMode.BASIC).no_value("none yet")
    builder.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    builder.color_scheme(dashboard.FieldColor().mode(parts.FieldColorModeId.THRESHOLDS))
    return _asking(builder, panel, instant=True)


def _heatmap(panel: Panel) -> Drawn:
    builder = heatmap.Panel().calculate(False).cell_gap(1)  # noqa: FBT003 - the SDK's: the histogram has buckets already
    builder.color(_heat()).y_axis(heatmap.YAxisConfig().unit(_UNITS[panel.scale]))
    builder.show_legend().mode(looks.TooltipDisplayMode.SINGLE).show_y_histogram()
    return _asking(builder, panel, PromQueryFormat.HEATMAP)


def _table(panel: Panel) -> Drawn:
    builder = _asking(table.Panel(), panel, PromQueryFormat.TABLE, instant=True)
    merged = parts.DataTransformerConfig("merge", options={})
    builder.transformations(
        [merged, parts.DataTransformerConfig("organize", options={"excludeByName": {"Time": True}})]
    )
    for letter, query in zip(_letters(panel.queries), panel.queries, strict=True):
        column = f"Value #{letter}" if len(panel.queries) > 1 else "Value"
        builder.override_by_name(column, [parts.DynamicConfigValue("displayName", query.legend)])
    return builder


_BUILDERS: Final[Mapping[Kind, Callable[[Panel], Drawn]]] = {
    Kind.STAT: _stat,
    Kind.LINES: _lines,
    Kind.STACK: _stack,
    Kind.BARS: _bars,
    Kind.HEATMAP: _heatmap,
    Kind.TABLE: _table,
}


def _asking(
    builder: Drawn, panel: Panel, form: PromQueryFormat = PromQueryFormat.TIME_SERIES, *, instant: bool = False
) -> Drawn:
    for letter, query in zip(_letters(panel.queries), panel.queries, strict=True):
        asked = prometheus.Dataquery().datasource(_SOURCE).ref_id(letter).expr(query.expression).format(form)
        asked = asked.instant() if instant else asked.range()
        builder.with_target(asked.legend_format(query.legend or "__auto").exemplar(query.exemplars))
    return builder


def _letters(queries: Sequence[Query]) -> Sequence[str]:
    return [chr(ord("A") + number) for number in range(len(queries))]


def _steps(bounds: Bounds | None) -> list[parts.Threshold]:
    """Return from which value on which colour holds; the first has none, and holds below all others."""
    if bounds is None:
        return [parts.Threshold(None, _PLAIN)]
    # A step begins at its value, but a bound itself is still well: with 0 that is what most services show.
    target, bound = (each or _NEXT_TO_NOTHING for each in (bounds.target, bounds.bound))
    if bounds.good is Good.ABOVE:
        near = [parts.Threshold(bounds.bound, _NEAR)] if bounds.bound != bounds.target else []
        return [parts.Threshold(None, _WRONG), *near, parts.Threshold(bounds.target, _WELL)]
    near = [parts.Threshold(target, _NEAR)] if target != bound else []
    return [parts.Threshold(None, _WELL), *near, parts.Threshold(bound, _WRONG)]


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(looks.LegendDisplayMode.LIST)
        .placement(looks.LegendPlacement.BOTTOM)
        .show_legend(True)  # noqa: FBT003 - the SDK's
        .calcs([])
    )


def _tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING)


def _heat() -> heatmap.HeatmapColorOptions:
    return heatmap.HeatmapColorOptions().scheme("Oranges").steps(64)


def _choice_of_source() -> dashboard.DatasourceVariable:
    return dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")


def _choice_of_instances(selection: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("instance")
        .label("Instance")
        .datasource(_SOURCE)
        .query({"query": f"label_values({selection}, instance)", "refId": "instance"})
        .multi(True)  # noqa: FBT003 - the SDK's
        .include_all(True)  # noqa: FBT003 - the SDK's
        .all_value(".*")
        .current(parts.VariableOption(selected=True, text="All", value="$__all"))
        .refresh(parts.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(parts.VariableSort.ALPHABETICAL_ASC)
    )


def _other_boards(board: Board) -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink(f"Boards of {board.service}")
        .type(parts.DashboardLinkType.DASHBOARDS)
        .tags(["plimsoll", board.service])
        .as_dropdown(True)  # noqa: FBT003 - the SDK's
        .keep_time(True)  # noqa: FBT003 - the SDK's
    )


def _alerts(board: Board) -> dashboard.AnnotationQuery:
    """Return the mark that an alert leaves in every graph while it fires."""
    return (
        dashboard.AnnotationQuery()
        .name("Alerts")
        .datasource(_SOURCE)
        .enable(True)  # noqa: FBT003 - the SDK's
        .icon_color(_WRONG)
        .expr(f'ALERTS{{alertstate="firing",service="{board.service}"}}')
    )
