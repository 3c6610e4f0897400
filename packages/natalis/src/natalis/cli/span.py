"""Spans of time as options: `250ms`, `30s`, `1h 30m`."""

from __future__ import annotations

from datetime import timedelta

import click

from natalis.runtime.readers import read_span


class Span(click.ParamType[timedelta]):
    """A span of time, written as in the settings."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read it."""
        if isinstance(value, timedelta):
            return value
        try:
            return read_span(str(value))
        except ValueError as error:
            self.fail(f"{value!r} will not do; {error}", param, ctx)
