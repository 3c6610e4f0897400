"""Reports as files: which there are, by the option that asks for each, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from plimsoll.errors import InvalidInput
from plimsoll.report.csv_series import csv_series
from plimsoll.report.findings import Findings
from plimsoll.report.html import html_page
from plimsoll.report.junit import junit
from plimsoll.report.k6_json import k6_json
from plimsoll.report.markdown import markdown


class Format(StrEnum):
    """Kinds of file, by the name of their option."""

    SUMMARY = "summary"
    """k6's JSON: the data of `handleSummary`."""
    HTML = "html"
    JUNIT = "junit"
    CSV = "csv"
    MARKDOWN = "markdown"


_MADE: Final[Mapping[Format, Callable[[Findings], str]]] = {
    Format.SUMMARY: k6_json,
    Format.HTML: html_page,
    Format.JUNIT: junit,
    Format.CSV: csv_series,
    Format.MARKDOWN: markdown,
}


def render(found: Findings, form: Format) -> str:
    """Return a report as text."""
    return _MADE[form](found)


def write_reports(found: Findings, wanted: Mapping[Format, Path]) -> None:
    """Write reports; each is whole under its name or not there.

    Raises:
        InvalidInput: A file cannot be written; the others are.
    """
    failed: InvalidInput | None = None
    for form, path in wanted.items():
        try:
            beside = path.with_name(f".{path.name}.part")
            beside.write_text(render(found, form), encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            failed = InvalidInput(f"--{form}", f"{path} cannot be written: {error.strerror}", "give another path")
    if failed:
        raise failed
