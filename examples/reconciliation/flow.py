"""What whoever reconciles does: hand two lists in, read what came of it, now and then say how it was."""  # noqa: INP001 - a flow, read by its path

from __future__ import annotations

from http import HTTPStatus

from plimsoll.load import Session

ENTRIES = 200
RATED = 0.1  # of all reconciliations
DIFFERS = 0.1  # of them have one entry that does not agree


async def work(session: Session) -> None:
    """Reconcile, look at it, and think about it."""
    await _reconciled(session)
    await session.think(0.5, 1.5)


async def hurry(session: Session) -> None:
    """Reconcile as programs do, without much of a pause."""
    await _reconciled(session)
    await session.think(0.4)


async def _reconciled(session: Session) -> None:
    ledger = {f"{session.vu}-{number}": session.random.randint(1, 100_000) for number in range(ENTRIES)}
    statement = dict(ledger)
    differs = session.random.random() < DIFFERS
    if differs:
        statement[f"{session.vu}-0"] += 1
    lists, user = {"ledger": ledger, "statement": statement}, {"X-User": str(session.vu)}
    answer = await session.post("/reconciliations", json=lists, headers=user, name="reconcile")
    if not session.check("is reconciled", answer.status == HTTPStatus.CREATED):
        return
    done = answer.json()
    session.check("is right", (len(done["differing"]), done["agreeing"]) == (int(differs), ENTRIES - int(differs)))
    read = await session.get(f"/reconciliations/{done['id']}", name="read")
    session.check("is kept", read.status == HTTPStatus.OK)
    if session.random.random() < RATED:
        stars = session.random.choices((5, 4), weights=(4, 1))[0]
        await session.post(f"/reconciliations/{done['id']}/rating", json={"stars": stars}, name="rate")
