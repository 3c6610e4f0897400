"""A dry run: everything is checked, nothing is written, and its word is good."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from natalis.usecases.import_landing import _Addresses
from natalis.usecases.import_result import Outcome, Tally

Office: TypeAlias = Any
HEADER = "first,last,email,dob,tz\n"
ADA = "Ada,Lovelace,ada@example.org,1985-12-10,Europe/London\n"
BOB = "Bob,Baker,bob@example.org,--02-29,Asia/Tokyo\n"


async def test_nothing_is_written(office: Office) -> None:
    done = await office.take(HEADER + ADA + BOB, dry_run=True)
    assert done.tally == Tally(added=2)
    assert await office.people() == []
    assert (await office.take(HEADER + ADA + BOB)).steps[0].resumed_at is None


async def test_addresses_that_come_twice_in_the_file_are_found(office: Office) -> None:
    content = HEADER + ADA + ADA + ADA.replace("Ada", "Eve")
    outcomes = [result.outcome for result in (await office.take(content, dry_run=True)).results]
    assert outcomes == [Outcome.ADDED, Outcome.UNCHANGED, Outcome.CONFLICT]


async def test_a_dry_run_says_what_the_import_then_does(office: Office) -> None:
    await office.take(HEADER + ADA)
    content = HEADER + ADA + BOB + BOB.replace("Bob", "Rob") + ADA.replace("Ada", "Eve") + "x,y\n"
    for update in (False, True):
        foretold = (await office.take(content, dry_run=True, update=update)).results
        done = (await office.take(content, update=update)).results
        assert [result.outcome for result in foretold] == [result.outcome for result in done]
        assert [result.line for result in foretold] == [result.line for result in done]
        for user in await office.people():
            await office.store.people.remove(user.id, now=office.clock.now(), erase=True)
        await office.take(HEADER + ADA)


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 3)), max_size=9_000))
def test_addresses_met_are_remembered_as_in_a_dictionary(met: list[tuple[int, int]]) -> None:
    flat, plain = _Addresses(), dict[int, int]()
    for address, saying in met:
        known = plain.setdefault(address or 1, saying) if (address or 1) in plain else None
        plain.setdefault(address or 1, saying)
        assert flat.meet(address, saying) == (None if known is None else known == saying)


def test_many_addresses_are_remembered_while_the_table_grows() -> None:
    flat = _Addresses()
    assert {flat.meet(hash(f"person{n}"), n) for n in range(20_000)} == {None}
    assert {flat.meet(hash(f"person{n}"), n) for n in range(20_000)} == {True}
