"""What is called once, before the load and after it: the flow's setup and teardown."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from plimsoll.errors import RunFailed
from plimsoll.load.client.agent import Agent
from plimsoll.load.client.client import Client
from plimsoll.load.flow import FlowFile
from plimsoll.load.plan import Plan
from plimsoll.load.scopes import Scopes
from plimsoll.load.session import Session
from plimsoll.load.world import World


async def set_up(flows: FlowFile, world: World, client: Client, plan: Plan) -> Any:
    """Call setup, and return what it returned.

    Raises:
        RunFailed: It raised, took too long, or returned what is no JSON.
    """
    if flows.setup is None:
        return None
    data = await _called("setup", flows.setup, _session(world, client), (), plan.setup_timeout)
    try:
        msgspec.json.encode(data)
    except (TypeError, ValueError) as error:
        raise RunFailed(f"setup returned what cannot be sent to all processes as JSON: {error}") from error
    return data


async def tear_down(flows: FlowFile, world: World, client: Client, plan: Plan, data: Any) -> None:
    """Call teardown with what setup returned.

    Raises:
        RunFailed: It raised or took too long.
    """
    if flows.teardown is not None:
        await _called("teardown", flows.teardown, _session(world, client), (data,), plan.teardown_timeout)


async def _called(
    name: str, function: Callable[..., Any], session: Session, more: tuple[Any, ...], limit: timedelta
) -> Any:
    """Call it with as many of session and data as it takes."""
    wanted = list(inspect.signature(function).parameters)
    rest = iter(more)
    arguments = [session if each == "session" else next(rest, None) for each in wanted]
    try:
        async with asyncio.timeout(limit.total_seconds()):
            result = function(*arguments)
            return await result if inspect.isawaitable(result) else result
    except TimeoutError as error:
        raise RunFailed(
            f"{name} took longer than {limit.total_seconds():g} s; give {name}Timeout in options"
        ) from error
    except Exception as error:
        raise RunFailed(f"{name} raised {type(error).__name__}: {error}") from error


def _session(world: World, client: Client) -> Session:
    """Return a session whose calls are not part of the load: what it records goes nowhere."""
    return Session(world, Agent(client), Scopes().of(()))
