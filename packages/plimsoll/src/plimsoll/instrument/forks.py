"""What has to begin anew in a process that was forked."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable


def call_after_forks(method: Callable[[], None]) -> None:
    """Have an object's method called in every child that is forked, for as long as the object is in use."""
    held = weakref.WeakMethod(method)

    def call() -> None:
        found = held()
        if found is not None:
            found()

    os.register_at_fork(after_in_child=call)
