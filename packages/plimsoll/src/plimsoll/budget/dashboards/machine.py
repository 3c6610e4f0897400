"""Panels about machines, from the node exporter: processors, memory, disks, network."""

from __future__ import annotations

from plimsoll.budget.dashboards.panel import RATE, Panel, Query
from plimsoll.budget.dashboards.queries import rate
from plimsoll.budget.dashboards.view import View
from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.promql import Matcher
from plimsoll.budget.sources import Source

_INSTANCE = "{{instance}}"
_REAL = Matcher("fstype", "!~", "tmpfs|ramfs|overlay|squashfs|devtmpfs|fuse.*")
_WIRES = Matcher("device", "!~", "lo|veth.*|docker.*|br-.*")


def cpu(view: View) -> Panel:
    """Return how much of the processors is in use."""
    idle = view.of(Source.NODE, "node_cpu_seconds_total", Matcher("mode", "=", "idle"))
    query = Query(f"1 - avg by (instance) (rate({idle}[{RATE}]))", _INSTANCE)
    panel = Panel("CPU", (query,), scale=Scale.SHARE, about="Processor time in use.", most=1)
    return view.with_bounds(panel, "cpu")


def memory(view: View) -> Panel:
    """Return how much of the memory is in use."""
    free, whole = (
        view.of(Source.NODE, name) for name in ("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes")
    )
    query = Query(f"1 - sum by (instance) ({free}) / sum by (instance) ({whole})", _INSTANCE)
    panel = Panel("Memory", (query,), scale=Scale.SHARE, about="Memory that programs could not have.", most=1)
    return view.with_bounds(panel, "memory")


def disk(view: View) -> Panel:
    """Return how much of each file system is free."""
    free = view.of(Source.NODE, "node_filesystem_avail_bytes", _REAL)
    whole = view.of(Source.NODE, "node_filesystem_size_bytes", _REAL)
    by = "by (instance, mountpoint)"
    query = Query(f"sum {by} ({free}) / sum {by} ({whole})", f"{_INSTANCE} {{{{mountpoint}}}}")
    panel = Panel("Disk free", (query,), scale=Scale.SHARE, about="What is left of each file system.", most=1)
    return view.with_bounds(panel, "disk free")


def disk_traffic(view: View) -> Panel:
    """Return how much is read and written."""
    queries = (
        Query(rate(view.of(Source.NODE, "node_disk_read_bytes_total"), "instance"), f"{_INSTANCE} read"),
        Query(rate(view.of(Source.NODE, "node_disk_written_bytes_total"), "instance"), f"{_INSTANCE} written"),
    )
    return Panel("Disk traffic", queries, scale=Scale.BYTES_PER_SECOND, about="Of all disks of a machine.")


def network(view: View) -> Panel:
    """Return how much is received and sent."""
    queries = (
        Query(rate(view.of(Source.NODE, "node_network_receive_bytes_total", _WIRES), "instance"), f"{_INSTANCE} in"),
        Query(rate(view.of(Source.NODE, "node_network_transmit_bytes_total", _WIRES), "instance"), f"{_INSTANCE} out"),
    )
    about = "Over all wires, without what a machine says to itself."
    return Panel("Network", queries, Kind.LINES, Scale.BYTES_PER_SECOND, about)
