"""Flows: what one virtual user does, one time; where they are found in a file, and which is whose turn.

A file needs nothing but one async function that takes a session. `@flow(weight=3)` gives it a weight in a mix; other
names are fixed: `options`, `setup`, `teardown`.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from plimsoll.errors import InvalidInput, PlimsollError, RunFailed
from plimsoll.load.nearest import nearest

if TYPE_CHECKING:
    from plimsoll.load.session import Session

Flow = Callable[["Session"], Awaitable[object]]
_Made = TypeVar("_Made", bound=Callable[..., Any])
_MARK: Final = "_plimsoll_weight"
_RESERVED: Final = frozenset({"setup", "teardown"})
_GOLDEN: Final = 0.6180339887498949
"""The fraction of the golden ratio: its multiples, taken modulo 1, lie more evenly than those of any other number."""


@overload
def flow(given: _Made) -> _Made: ...
@overload
def flow(*, weight: float = 1) -> Callable[[_Made], _Made]: ...
def flow(given: Callable[..., Any] | None = None, *, weight: float = 1) -> Any:
    """Mark an async function as a flow, with its weight in the mix: `@flow` or `@flow(weight=3)`."""

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        if not weight > 0:
            raise InvalidInput(f"@flow of {function.__name__}", f"{weight!r} is no weight", "give one above 0")
        setattr(function, _MARK, weight)
        return function

    return mark if given is None else mark(given)


@dataclass(frozen=True, slots=True)
class FlowFile:
    """What a file of flows holds.

    Attributes:
        name: The file's.
        flows: By name.
        weights: Of the flows that are mixed where a scenario names none.
        options: As written.
        setup: Called once before the load; None for none.
        teardown: Called once after it; None for none.
    """

    name: str
    flows: Mapping[str, Flow]
    weights: Mapping[str, float]
    options: Mapping[str, Any] = field(default_factory=dict)
    setup: Callable[..., Any] | None = None
    teardown: Callable[..., Any] | None = None

    def mix(self, wanted: Mapping[str, float], scenario: str) -> Mix:
        """Return the mix of a scenario.

        Args:
            wanted: Flows by name with their weights; empty for the file's own mix.
            scenario: Its name, for errors.

        Raises:
            InvalidInput: There is no such flow, or it is not clear which is meant.
        """
        field_name = f"scenarios.{scenario}.exec"
        for name in wanted:
            if name not in self.flows:
                raise InvalidInput(field_name, f"there is no flow {name} in {self.name}", nearest(name, self.flows))
        chosen = wanted or self.weights
        if not chosen:
            listed = ", ".join(sorted(self.flows)) or "none"
            remedy = "name one with `exec`, or mark those to mix with @flow(weight=…)"
            raise InvalidInput(field_name, f"it is not clear which flow of {self.name} is meant: {listed}", remedy)
        return Mix([self.flows[name] for name in chosen], list(chosen.values()))


class Mix:
    """Flows in turn, by weight: evenly spread, and the same whenever it is repeated.

    Args:
        flows: Which.
        weights: Theirs, in the same order.
    """

    def __init__(self, flows: Sequence[Flow], weights: Sequence[float]) -> None:
        self._flows = tuple(flows)
        total = sum(weights)
        self._up_to = [each / total for each in accumulate(weights)]
        self.only = self._flows[0] if len(self._flows) == 1 else None

    def turn(self, number: int) -> Flow:
        """Return the flow whose turn the n-th is: after n turns each has had its share of n, give or take a few."""
        at = number * _GOLDEN % 1.0
        return next((each for each, upper in zip(self._flows, self._up_to, strict=True) if at < upper), self._flows[-1])


def load_flows(path: Path) -> FlowFile:
    """Read a file of flows.

    Raises:
        InvalidInput: It is not there, cannot be read as Python, or holds no flow.
        RunFailed: It raised while it was read.
    """
    module = _imported(path)
    found = {name: each for name, each in vars(module).items() if _is_flow(name, each, module)}
    weights = {name: float(getattr(each, _MARK)) for name, each in found.items() if hasattr(each, _MARK)}
    if not weights and len(found) == 1:
        weights = dict.fromkeys(found, 1.0)
    if not weights and "default" in found:
        weights = {"default": 1.0}
    options = getattr(module, "options", {})
    if not isinstance(options, Mapping):
        raise InvalidInput("options", f"{type(options).__name__} is no mapping", "write options = {…}")
    if not found:
        remedy = "write `async def default(session): …`"
        raise InvalidInput(str(path), "it holds no flow: no async function that takes a session", remedy)
    return FlowFile(
        path.name, found, weights, options, getattr(module, "setup", None), getattr(module, "teardown", None)
    )


def _imported(path: Path) -> ModuleType:
    if not path.is_file():
        raise InvalidInput("FLOW", f"there is no file {path}", "give a Python file that holds a flow")
    spec = importlib.util.spec_from_file_location("plimsoll_flow", path)
    if spec is None or spec.loader is None:
        raise InvalidInput("FLOW", f"{path} is no Python file", "give one that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except PlimsollError:
        raise
    except SyntaxError as error:
        raise InvalidInput("FLOW", f"{path.name}, line {error.lineno}: {error.msg}", "mend it") from error
    except Exception as error:
        raise RunFailed(f"{path} raised while it was read: {type(error).__name__}: {error}") from error
    return module


def _is_flow(name: str, each: object, module: ModuleType) -> bool:
    if name.startswith("_") or name in _RESERVED or not inspect.iscoroutinefunction(each):
        return False
    if hasattr(each, _MARK):
        return True
    return each.__module__ == module.__name__ and list(inspect.signature(each).parameters) == ["session"]
