"""The machine's own alerts, provoked: its processors are busy, its disk is full, its memory is in use.

The rules are Natalis' own, in a hurry (see `conftest.py`), and a real node exporter says how the machine is.
What is not as it would be at night on a server:

- Memory: nobody may use nine tenths of the machine that tests run on. The rule is rendered from a budget whose bound
  is a thousandth, which any machine is above; that the shipped bound is 90 % is tried by promtool alone.
- Disk: it is a small one of its own, filled to the brim, by the shipped bound. Where tests may mount nothing the bound
  is the whole disk instead, of which something is always used.
- Processors: those that the tests may use are kept busy, by the shipped bound; where these are not all that the machine
  has, by the same share of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest

from natalis.testing.servers import ports
from natalis.testing.servers.alertmanager import Alertmanager
from natalis.testing.servers.exporters import NodeExporter
from natalis.testing.servers.inbox import Inbox
from natalis.testing.servers.prometheus import Prometheus
from natalis.testing.servers.small_disk import SmallDisk
from plimsoll.budget.alertmanager import configuration
from plimsoll.budget.file.amounts import Amount, Unit
from plimsoll.budget.file.model import Budget, BudgetFile
from plimsoll.budget.rules.rendered import rules

pytestmark = [pytest.mark.network, pytest.mark.slow]
PATIENCE: Final = timedelta(seconds=60)
CONFIGURATION: Final = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, external_labels: {{cluster: natalis}}}}
rule_files: [rules.yaml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager}"]}}]}}]}}
scrape_configs: [{{job_name: node, static_configs: [{{targets: ["{node}"]}}]}}]
"""


@pytest.fixture
def disk(tmp_path: Path) -> SmallDisk | None:
    return SmallDisk.where_permitted(tmp_path)


@pytest.fixture
def node(disk: SmallDisk | None) -> Iterator[NodeExporter]:
    with NodeExporter(disk) as exporter:
        yield exporter


@pytest.fixture
def machine(budgets: BudgetFile, disk: SmallDisk | None) -> BudgetFile:
    """The budgets of the machine; where their own bounds cannot be crossed here, with others."""
    ours, all_of_them = len(os.sched_getaffinity(0)), os.cpu_count() or 1
    bounds = {"memory": 0.001}
    if ours < all_of_them:
        bounds["cpu"] = 0.85 * ours / all_of_them
    if disk is None:
        bounds["disk"] = 1
    of_machine = (each for each in budgets.budgets if each.name in {"memory", "cpu", "disk"})
    bounded = tuple(with_bound(each, bounds.get(each.name)) for each in of_machine)
    return msgspec.structs.replace(budgets, budgets=bounded)


def with_bound(budget: Budget, bound: float | None) -> Budget:
    if bound is None:
        return budget
    return msgspec.structs.replace(budget, threshold=Amount(bound, Unit.SHARE, f"{100 * bound:g} %"))


@pytest.fixture
def watching(
    prometheus: Callable[..., Prometheus],
    alertmanager: Callable[..., Alertmanager],
    machine: BudgetFile,
    node: NodeExporter,
) -> Prometheus:
    """Prometheus, which looks at this machine and tells of it."""
    told = f"{ports.LOOPBACK}:{alertmanager(configuration(machine)).port}"
    text = CONFIGURATION.format(alertmanager=told, node=node.target)
    return prometheus(text, {"rules.yaml": rules(machine, every=1)})


@pytest.mark.usefixtures("watching")
def test_a_busy_machine_with_a_full_disk_is_told_of(
    node: NodeExporter, disk: SmallDisk | None, inbox: Inbox, faults: Callable[[], list[str]]
) -> None:
    inbox.await_told(PATIENCE, critical={"HighMemoryUsage"})
    early = inbox.names("critical")

    if disk is not None:
        disk.fill(node.pid)
    with busy():
        inbox.await_told(PATIENCE, critical={"DiskSpaceLow"}, warning={"HighCPUUsage"})

    assert faults() == []
    assert "DiskSpaceLow" not in early or disk is None or is_nearly_full()


def is_nearly_full() -> bool:
    """Return whether a disk of this machine is, of which the alert would tell before any test."""
    mounted = (line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines())
    sizes = [os.statvfs(each) for each in mounted if os.access(each, os.R_OK)]
    return any(each.f_bavail < 0.1 * each.f_blocks for each in sizes)


@contextmanager
def busy() -> Iterator[None]:
    """Keep every processor busy that we may use, with what yields to everybody else."""
    with ExitStack() as ending:
        for _ in os.sched_getaffinity(0):
            hog = subprocess.Popen([sys.executable, "-c", "import os\nos.nice(19)\nwhile True: pass"])
            ending.callback(hog.wait)
            ending.callback(hog.kill)
        yield
