"""The bare API itself: FastAPI, pydantic and asyncpg, as their tutorials have it, at settings that suit them best.

It checks the shape of a person, stores one row, and reads it by id. It has no tokens, no fire times, no metrics, no log
lines, no request ids, no entity tags, no rates, no cache, no safe repetition and no problem details that name a field.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, Field

CONNECTIONS = int(os.environ.get("BARE_CONNECTIONS", "20"))
SCHEMA = """
    CREATE TABLE IF NOT EXISTS users (
        id uuid PRIMARY KEY,
        first_name text NOT NULL,
        last_name text NOT NULL,
        email text NOT NULL UNIQUE,
        birthday_date date NOT NULL,
        timezone text NOT NULL
    )
"""
INSERT = "INSERT INTO users VALUES ($1, $2, $3, $4, $5, $6)"
SELECT = "SELECT first_name, last_name, email, birthday_date, timezone FROM users WHERE id = $1"
Name = Annotated[str, Field(min_length=1, max_length=100)]


class NewUser(BaseModel):
    """A person as sent."""

    firstName: Name  # noqa: N815 - as it is on the wire
    lastName: Name  # noqa: N815 - as it is on the wire
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    birthdayDate: date  # noqa: N815 - as it is on the wire
    timezone: Annotated[str, Field(max_length=64)]


class User(NewUser):
    """A person as stored."""

    id: UUID


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """Skip the pool's reset, a round trip for each request: as Natalis does."""


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    sizes = {"min_size": CONNECTIONS, "max_size": CONNECTIONS, "reset": _leave_as_it_is}
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], **sizes) as pool:
        await pool.execute(SCHEMA)
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_lifespan)


@app.post("/user", status_code=201)
async def create(given: NewUser, response: Response) -> User:
    """Store a person."""
    user_id = uuid4()
    values = (given.firstName, given.lastName, given.email, given.birthdayDate, given.timezone)
    try:
        await app.state.pool.execute(INSERT, user_id, *values)
    except asyncpg.UniqueViolationError:
        raise HTTPException(409, "the address is taken") from None
    response.headers["Location"] = f"/user/{user_id}"
    return User(id=user_id, **given.model_dump())


@app.get("/user/{user_id}")
async def read(user_id: UUID) -> User:
    """Show a person."""
    row = await app.state.pool.fetchrow(SELECT, user_id)
    if row is None:
        raise HTTPException(404, "there is no such person")
    first, last, email, birthday, zone = row
    return User(id=user_id, firstName=first, lastName=last, email=email, birthdayDate=birthday, timezone=zone)
