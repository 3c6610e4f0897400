"""What a virtual user does to Natalis: one thing an iteration, by the names of the endpoints in `perf/plimsoll.yaml`.

`NATALIS_TOKEN` in the environment of the flow (`--env NATALIS_TOKEN=...`) is sent with every call.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from plimsoll.load.session import Session

PEOPLE = 100  # made in setup, to be read
ZONES = ("Europe/Paris", "America/New_York", "Asia/Tokyo", "Pacific/Auckland", "America/Sao_Paulo", "Asia/Kolkata")
_NUMBERS = itertools.count()
# Two runs against one service, or two engines of one run, must not make the same people.
_STARTED = f"{datetime.now(UTC):%m%dT%H%M%S%f}"  # noqa: TID251 - a name, no instant that decides anything


async def setup(session: Session) -> dict[str, list[str]]:
    """Make the people who will be read."""
    ids = []
    for _ in range(PEOPLE):
        answer = await session.post("/user", json=_person(session), headers=_headers(session), name="create user")
        if answer.status != 201:
            raise RuntimeError(f"POST /user answered {answer.status or answer.error}: {answer.text[:200]}")
        ids.append(answer.json()["id"])
    return {"ids": ids}


async def teardown(session: Session) -> None:
    """Delete them."""
    for user_id in session.data["ids"]:
        await session.delete(f"/user/{user_id}", headers=_headers(session), name="delete user")


async def create(session: Session) -> None:
    """Somebody new arrives."""
    await _created(session)


async def read(session: Session) -> None:
    """Somebody who is known is looked up."""
    user_id = session.random.choice(session.data["ids"])
    answer = await session.get(f"/user/{user_id}", headers=_headers(session), name="read user")
    session.check("user is read", answer.status == 200)


async def remove(session: Session) -> None:
    """Somebody arrives and leaves."""
    if (user_id := await _created(session)) is not None:
        answer = await session.delete(f"/user/{user_id}", headers=_headers(session), name="delete user")
        session.check("user is deleted", answer.status == 204)


async def mixed(session: Session) -> None:
    """One of the three: 30 % create, 50 % read, 20 % delete."""
    (doing,) = session.random.choices((create, read, remove), weights=(30, 50, 20))
    await doing(session)


async def due(session: Session) -> None:
    """Somebody arrives whose day is today, and gets a message."""
    await _created(session, birthday=f"1992-{_today():%m-%d}")


async def _created(session: Session, birthday: str = "1990-06-15") -> str | None:
    answer = await session.post("/user", json=_person(session, birthday), headers=_headers(session), name="create user")
    made = session.check("user is created", answer.status == 201)
    return str(answer.json()["id"]) if made else None


def _person(session: Session, birthday: str = "1990-06-15") -> dict[str, Any]:
    number = next(_NUMBERS)
    return {
        "firstName": "Load",
        "lastName": "Test",
        "email": f"{_STARTED}-{session.vu}-{number}@load.example.org",
        "birthdayDate": birthday,
        "timezone": ZONES[number % len(ZONES)],
    }


def _headers(session: Session) -> dict[str, str]:
    token = session.env.get("NATALIS_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _today() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a load test runs by the wall clock, as its target does
