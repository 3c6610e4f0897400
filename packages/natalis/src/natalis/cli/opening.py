"""How a command gets at the application: settings read, opened on the machine's clock, closed whatever happens."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from natalis.cli.output import Output
from natalis.runtime.local import machine_clock
from natalis.runtime.settings import Settings, load

if TYPE_CHECKING:
    from natalis.runtime.wiring import Application

R = TypeVar("R")


def environment(ctx: click.Context) -> Mapping[str, str]:
    """Return the environment, with the file named by `--config` in it."""
    config = ctx.find_root().obj
    return os.environ if config is None else {**os.environ, "NATALIS_CONFIG": config}


def settings_of(ctx: click.Context) -> Settings:
    """Read the settings; raises `SettingsInvalid`."""
    return load(environment(ctx))


def with_application(command: Callable[..., Awaitable[R]]) -> Callable[..., R]:
    """Let a plain call run an async command, with the `Output` and the open application as its first arguments."""

    @functools.wraps(command)
    def with_it_opened(output: Output, *args: Any, **kwargs: Any) -> R:
        settings = settings_of(click.get_current_context())
        return asyncio.run(_opened(settings, lambda application: command(output, application, *args, **kwargs)))

    return with_it_opened


async def _opened(settings: Settings, act: Callable[[Application], Awaitable[R]]) -> R:
    from natalis.runtime.wiring import open_application  # noqa: PLC0415 - loads the web framework, which help does not need

    async with open_application(settings, machine_clock()) as application:
        return await act(application)
