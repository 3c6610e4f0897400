"""Redis through redis-py as metrics and spans, by one hook on a client; redis-py itself is not imported."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

from plimsoll.instrument.registry import Registry
from plimsoll.instrument.traces import SpanKind, current
from plimsoll.instrument.traces.ended import tell_ended

OPERATION_BUCKETS: Final = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1.0)
"""Seconds."""
PIPELINE: Final = "pipeline"
"""The operation of commands that are sent together."""


class Client(Protocol):
    """What is used of `redis.asyncio.Redis`, `redis.Redis` and their clusters."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command; every other method does it through this one."""
        ...

    def pipeline(self, *args: Any, **options: Any) -> Any:
        """Return what sends several together."""
        ...


AnyClient = TypeVar("AnyClient", bound=Client)


class RedisMetrics:
    """The families about Redis; where a trace is being recorded, each operation is a span of it as well."""

    __slots__ = ("_operations", "_seconds")

    def __init__(self, registry: Registry) -> None:
        self._operations = registry.counter(
            "redis_operations_total", "Operations of Redis, failed ones too.", "operation"
        )
        self._seconds = registry.histogram(
            "redis_operation_duration_seconds", "An operation's duration.", "operation", buckets=OPERATION_BUCKETS
        )

    def heard(self, operation: str, seconds: float, error: BaseException | None = None) -> None:
        """Count an operation that ended just now.

        Args:
            operation: A command in lower case, or what a layer of one's own calls it.
            seconds: How long it took.
            error: What it raised; None when it went well.
        """
        self._operations.at(operation).inc()
        here = current()
        self._seconds.at(operation).observe(seconds, "" if here is None else here.context.trace)
        if here is not None:
            attributes = {"db.system.name": "redis", "db.operation.name": operation}
            tell_ended(operation, SpanKind.CLIENT, attributes, seconds=seconds, error=error)


def watch_client(client: AnyClient, metrics: RedisMetrics) -> AnyClient:
    """Count and time every command of this client from now on, and return it.

    The operation is the command (`get`, `config get`), and `pipeline` for what a pipeline sends. Waiting for a
    connection and trying again are part of the time. Of publish and subscribe only publishing is counted.
    """
    execute, pipeline = client.execute_command, client.pipeline

    def timed_pipeline(*args: Any, **options: Any) -> Any:
        made = pipeline(*args, **options)
        made.execute = _timed(made.execute, lambda _: PIPELINE, metrics)
        return made

    hooked: Any = client  # a method is replaced on this one object
    hooked.execute_command = _timed(execute, _command, metrics)
    hooked.pipeline = timed_pipeline
    return client


def _command(args: tuple[Any, ...]) -> str:
    name = args[0] if args else ""
    return (name.decode(errors="replace") if isinstance(name, bytes) else str(name)).lower()


def _timed(call: Callable[..., Any], named: Callable[[tuple[Any, ...]], str], metrics: RedisMetrics) -> Any:
    async def awaited(*args: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            answer = await call(*args, **options)
        except BaseException as error:
            metrics.heard(named(args), time.perf_counter() - began, error)
            raise
        metrics.heard(named(args), time.perf_counter() - began)
        return answer

    def at_once(*args: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            answer = call(*args, **options)
        except BaseException as error:
            metrics.heard(named(args), time.perf_counter() - began, error)
            raise
        metrics.heard(named(args), time.perf_counter() - began)
        return answer

    return awaited if inspect.iscoroutinefunction(call) else at_once
