"""A contender for tests: honest, or wrong in one way that its first argument names."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import aiohttp
import asyncpg
from perf.peers import crew
from perf.peers.situation import Situation, now, read

_TABLE = "CREATE TABLE messages (id bigint PRIMARY KEY, sent_at timestamptz)"
_FILL = "INSERT INTO messages SELECT generate_series(0, $1::bigint - 1)"
_MARK = "UPDATE messages SET sent_at = $1 WHERE id = any($2::bigint[])"
_BODY = {"email": "ada@example.org", "message": "Hey"}


async def prepare(situation: Situation) -> None:
    connection = await asyncpg.connect(situation.database_url)
    await connection.execute(_TABLE)
    await connection.execute(_FILL, situation.count)
    await connection.close()


async def work(situation: Situation, flaw: str) -> None:
    crew.ready_hand(situation.folder)
    if flaw != "hasty":
        await asyncio.to_thread(situation.wait_until_due)
    if flaw == "deserting":
        sys.exit("gone")
    everything = list(range(situation.count))
    posted = {"losing": everything[1:], "lying": everything[1:], "doubling": [*everything, 0]}.get(flaw, everything)
    marked = {"losing": everything[1:], "forgetting": everything[1:]}.get(flaw, everything)
    await _post(situation, posted)
    connection = await asyncpg.connect(situation.database_url)
    await connection.execute(_MARK, now(), marked)
    await connection.close()
    await asyncio.Event().wait()


async def _post(situation: Situation, numbers: Sequence[int]) -> None:
    async with aiohttp.ClientSession(situation.provider_url) as provider:
        for number in numbers:
            await provider.post("/send-email", json=_BODY, headers={"Idempotency-Key": str(number)})


if __name__ == "__main__":
    chosen, door = sys.argv[1], sys.argv[2]
    if door == "prepare":
        asyncio.run(prepare(read()))
    elif door == "work":
        asyncio.run(work(read(), chosen))
    else:
        crew.run(read().folder, [[sys.executable, __file__, chosen, "work"]], hands=1)
