"""What others ask of a platform: most of all whether it is well, then for profiles and for its taxonomy."""  # noqa: INP001 - a flow, read by its path

from __future__ import annotations

from http import HTTPStatus

from plimsoll.load import Answer, Session

PAGES = 10
PEOPLE = 200  # who are looked at, of all there are


async def health(session: Session) -> None:
    """Does it live?"""
    _checked(session, await session.get("/health", name="health"))


async def readiness(session: Session) -> None:
    """Can it serve?"""
    _checked(session, await session.get("/ready", name="readiness"))


async def profile_list(session: Session) -> None:
    """A page of profiles."""
    after = session.random.randrange(PAGES) * 20 - 1
    _checked(session, await session.get("/profiles", params={"after": str(after)}, name="profile list"))


async def profile(session: Session) -> None:
    """One profile."""
    _checked(session, await session.get(f"/profiles/{session.random.randrange(PEOPLE)}", name="profile"))


async def taxonomy(session: Session) -> None:
    """All topics."""
    _checked(session, await session.get("/taxonomy", name="taxonomy"))


def _checked(session: Session, answer: Answer) -> None:
    session.check("is answered", answer.status == HTTPStatus.OK)
