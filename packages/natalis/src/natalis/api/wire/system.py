"""The state of the process on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class Health(Struct, frozen=True):
    """That the process answers."""

    status: Annotated[Literal["ok"], Meta(description="Always `ok`.", examples=["ok"])] = "ok"


class Dependency(Struct, frozen=True, rename="camel"):
    """How one dependency answered."""

    name: Annotated[str, Meta(description="Which.", examples=["store"])]
    state: Annotated[
        Literal["ready", "failing", "silent"], Meta(description="Whether it is ready.", examples=["ready"])
    ]
    latency_ms: Annotated[float, Meta(description="Milliseconds until its answer.", examples=[0.4])]
    detail: Annotated[str, Meta(description="What is wrong, if anything.", examples=[""])]


class Readiness(Struct, frozen=True, rename="camel"):
    """Whether this process can serve."""

    ready: Annotated[bool, Meta(description="Whether every dependency is.", examples=[True])]
    dependencies: Annotated[list[Dependency], Meta(description="Each of them.")]
