"""`natalis doctor`: check every dependency, and say what to do."""

from __future__ import annotations

import asyncio

import click

from natalis.cli.command import Command
from natalis.cli.exit_codes import ExitCode, answer_to
from natalis.cli.opening import settings_of
from natalis.cli.output import Output, with_output
from natalis.cli.records import Record
from natalis.errors import SettingsInvalid
from natalis.runtime.checkup import Finding, State, check_up
from natalis.runtime.local import machine_clock
from natalis.runtime.settings import Settings

_MARKS = {State.WELL: "✓", State.WARNING: "!", State.ILL: "✗"}


@click.command(cls=Command, examples=["natalis doctor", "natalis doctor --json"])
@with_output
def command(output: Output) -> None:
    """Check every dependency, and say what to do.

    Looks at Python, the settings, templates, the database, disk space, time zones, tokens, ports and the provider; for
    a fleet also at what the database promises, clocks, connections, replica, every node of the broker, the queues and
    the cache. Changes nothing, and waits for nobody longer than 15 s. Ends with 1 when something would keep Natalis
    from working.
    """
    findings = [Finding("settings", State.WELL, "they hold together")]
    try:
        settings = settings_of(click.get_current_context())
    except SettingsInvalid as error:
        answer = answer_to(error)
        findings = [Finding("settings", State.ILL, "; ".join(error.problems), answer.remedy)]
        _show(output, findings[0])
    else:
        _show(output, findings[0])
        findings += asyncio.run(_examine(output, settings))
    ill = [finding.name for finding in findings if finding.state is State.ILL]
    if ill:
        output.note(f"not well: {', '.join(ill)}")
        raise click.exceptions.Exit(ExitCode.PROBLEMS)
    output.note("all well" if all(each.state is State.WELL for each in findings) else "well enough to run")


async def _examine(output: Output, settings: Settings) -> list[Finding]:
    findings: list[Finding] = []
    checks = check_up(settings, machine_clock())
    while True:
        with output.progress("checking", None):  # reading a large database from end to end takes its time
            finding = await anext(checks, None)
        if finding is None:
            return findings
        _show(output, finding)
        findings.append(finding)


def _show(output: Output, finding: Finding) -> None:
    remedy = f"\n                to mend: {finding.remedy}" if finding.remedy else ""
    output.answer(_record(finding), f"{_MARKS[finding.state]} {finding.name:<13} {finding.detail}{remedy}")


def _record(finding: Finding) -> Record:
    return {
        "check": finding.name,
        "state": str(finding.state),
        "detail": finding.detail,
        "remedy": finding.remedy or None,
    }
