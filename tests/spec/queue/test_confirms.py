"""Confirms: when what was published together is safe."""

from __future__ import annotations

import pytest

from natalis.errors import TransportUnavailable
from natalis.transports.rabbitmq.confirms import Confirms


async def test_a_publication_is_safe_when_its_last_message_is() -> None:
    confirms = Confirms()
    done = confirms.expect(3)
    confirms.settle(2, multiple=False, safe=True)
    confirms.settle(3, multiple=False, safe=True)
    assert not done.done()
    confirms.settle(1, multiple=False, safe=True)
    await done


async def test_one_answer_may_cover_several_publications_and_part_of_one() -> None:
    confirms = Confirms()
    first, second, third = confirms.expect(2), confirms.expect(1), confirms.expect(2)
    confirms.settle(4, multiple=True, safe=True)
    assert (first.done(), second.done(), third.done(), len(confirms)) == (True, True, False, 1)


async def test_a_message_that_is_refused_fails_its_publication_and_no_other() -> None:
    confirms = Confirms()
    first, second = confirms.expect(2), confirms.expect(1)
    confirms.settle(1, multiple=False, safe=False)
    confirms.settle(3, multiple=True, safe=True)
    with pytest.raises(TransportUnavailable):
        await first
    await second


async def test_all_that_is_open_fails_with_the_line() -> None:
    confirms = Confirms()
    safe, open_one = confirms.expect(1), confirms.expect(2)
    confirms.settle(1, multiple=False, safe=True)
    confirms.fail("the cable is out")
    await safe
    with pytest.raises(TransportUnavailable, match="the cable is out"):
        await open_one


async def test_an_answer_for_one_that_was_cancelled_disturbs_nobody() -> None:
    confirms = Confirms()
    cancelled, other = confirms.expect(1), confirms.expect(1)
    cancelled.cancel()
    confirms.settle(2, multiple=True, safe=True)
    confirms.settle(2, multiple=True, safe=True)
    await other
