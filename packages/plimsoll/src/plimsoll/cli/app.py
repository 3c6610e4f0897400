"""The list of commands, and the one way into any of them."""

from __future__ import annotations

import importlib
import os
import traceback
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import click

from plimsoll import __version__
from plimsoll.cli.exit_codes import ExitCode, code_of_error
from plimsoll.errors import InvalidInput, PlimsollError

Commands = Mapping[str, tuple[str, str]]

LOAD: Final[Commands] = MappingProxyType(
    {
        "run": ("plimsoll.cli.load_run", "Load a service, and say how it bore it."),
        "merge": ("plimsoll.cli.load_merge", "Put the results of shards together into one run, exactly."),
    }
)
"""Below `load`: where each command is, and its summary."""
REPORT: Final[Commands] = MappingProxyType(
    {
        "run": ("plimsoll.cli.report_run", "Report what `load run --out` kept; `report FILE` does the same."),
        "k6": ("plimsoll.cli.report_k6", "Report and judge what k6 measured."),
    },
)
"""Below `report`."""
SLO: Final[Commands] = MappingProxyType(
    {
        "state": ("plimsoll.cli.slo", "How every promise stands; `slo` does the same."),
        "explain": ("plimsoll.cli.slo_explain", "Say what an alert means, how soon it is raised and what that costs."),
    }
)
"""Below `slo`."""
ALONE: Final[Commands] = MappingProxyType(
    {
        "compare": ("plimsoll.cli.compare", "Show how two runs differ."),
        "gate": ("plimsoll.cli.gate", "Say whether a build may pass: budgets, and the comparison with a baseline."),
        "history": ("plimsoll.cli.history", "Show stored runs, and where a figure moved."),
        "init": ("plimsoll.cli.init", "Write a first budget file for a service, from the metrics that it exposes."),
        "render": ("plimsoll.cli.render", "Write rules, alerts, dashboards, pages and more from the budget file."),
        "schema": ("plimsoll.cli.schema", "Print the JSON Schema of the budget file."),
    }
)
"""Commands that are in no group."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called.

    Args:
        commands_at: Module and summary by name; each module has a click command called `command`.
    """

    def __init__(self, *, commands_at: Commands, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]  # click's own arguments, passed through
        self._at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names."""
        return [*self._at, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one."""
        if cmd_name in self._at:
            found = importlib.import_module(self._at[cmd_name][0]).command
            if isinstance(found, click.Command):
                found.help = (found.help or "").replace(
                    "\\b\n", "\b\n"
                )  # docstrings are raw: examples stay as they are
                return found
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as click calls it
        """List them without importing any."""
        rows = [(name, summary) for name, (_, summary) in self._at.items()]
        rows += [(name, each.get_short_help_str(limit=100)) for name, each in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class GroupWithDefault(LazyGroup):
    """A group in which one of its commands goes without saying.

    Args:
        default: Its name.
    """

    def __init__(self, *, default: str, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]  # as above
        self._default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put in the command that goes without saying."""
        if args and args[0] not in {*self.list_commands(ctx), *ctx.help_option_names}:
            args = [self._default, *args]
        return super().parse_args(ctx, args)


def _codes() -> str:
    return "\b\nExit codes:\n" + "\n".join(f"  {code.value:>3}  {code.meaning}" for code in sorted(ExitCode))


@click.group(
    cls=LazyGroup,
    commands_at=ALONE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=_codes(),
)
@click.version_option(__version__, prog_name="plimsoll")
def plimsoll() -> None:
    """The performance kit: how much load does a service safely carry?"""


@plimsoll.group(cls=LazyGroup, commands_at=LOAD)
def load() -> None:
    """Load a service: at a rate it does not choose, or by users that wait for it."""


@plimsoll.group(cls=GroupWithDefault, commands_at=REPORT, default="run")
def report() -> None:
    """Report what was measured elsewhere or before."""


@plimsoll.group(cls=GroupWithDefault, commands_at=SLO, default="state")
def slo() -> None:
    """Show how every promise stands, by what Prometheus recorded; or say what an alert means."""


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    try:
        code = plimsoll.main(list(arguments), prog_name="plimsoll", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except PlimsollError as error:
        return _refused(error)
    except Exception as error:  # noqa: BLE001 - a fault of ours, said as such
        if os.environ.get("PLIMSOLL_DEBUG"):
            traceback.print_exc()
        text = f"a fault in Plimsoll itself: {type(error).__name__}: {error}\n  run it again with PLIMSOLL_DEBUG=1"
        click.echo(text, err=True)
        return ExitCode.INTERNAL
    return code if isinstance(code, int) else ExitCode.PASS


def _refused(error: PlimsollError) -> int:
    said = f"{error.field}: {error.problem}\n  {error.remedy}" if isinstance(error, InvalidInput) else str(error)
    click.echo(said, err=True)
    return code_of_error(error)
