"""The flow of a run that has no file: one request to one address."""

from __future__ import annotations

from plimsoll.errors import InvalidInput
from plimsoll.load.flow import FlowFile
from plimsoll.load.plan import Target
from plimsoll.load.session import Session


def flows_of(target: Target | None) -> FlowFile:
    """Return a flow that calls an address.

    Raises:
        InvalidInput: There is none.
    """
    if target is None:
        raise InvalidInput("--url", "there is nothing to call", "give an address, or a file of flows")
    headers, body = target.headers or None, target.body or None

    async def default(session: Session) -> None:
        await session.request(target.method, target.url, headers=headers, data=body)

    return FlowFile(target.url, {"default": default}, {"default": 1.0})
