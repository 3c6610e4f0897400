"""Every row that goes in comes out: added, unchanged, updated, in conflict, or bad."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natalis.usecases.import_result import Tally

Office: TypeAlias = Any
HEADER = "first,last,email,dob,tz\n"
LINES = (
    "Ada,L,ada@example.org,1985-12-10,Europe/London",
    "Ada,L,ADA@example.org,1985-12-10,Europe/London",
    "Eve,L,ada@example.org,1985-12-10,Europe/London",
    "Bob,B,bob@example.org,--02-29,UTC",
    "Bob,B,bob@example.org,--02-30,UTC",
    "Bob,B,bob@example.org,--02-29,UTC,,,more",
    '"open,quote',
    ",,,,x",
    "Zoë,Z,zoe@example.org,1/2/1990,UTC",
)


async def test_each_kind_of_row_comes_to_its_end(office: Office) -> None:
    done = await office.take(HEADER + "\n".join(LINES) + "\n")
    assert done.tally == Tally(added=2, unchanged=1, conflict=1, bad=5)
    assert [result.line for result in done.results] == list(range(2, 11))


@given(lines=st.lists(st.sampled_from(LINES), max_size=12), dry_run=st.booleans(), update=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
async def test_no_row_is_lost_or_counted_twice(
    office: Office, lines: list[str], *, dry_run: bool, update: bool
) -> None:
    done = await office.take(HEADER + "".join(f"{line}\n" for line in lines), dry_run=dry_run, update=update)
    assert done.tally.rows == len(lines)
    assert [result.line for result in done.results] == list(range(2, 2 + len(lines)))
    assert done.tally == Tally().plus(done.results)
