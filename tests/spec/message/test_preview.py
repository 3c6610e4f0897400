"""Rules: a message can be looked at, and sent to oneself, before anybody gets it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.outcome import Delivered
from natalis.domain.scheduling import Yearly
from natalis.domain.signed_link import Links
from natalis.domain.writing import Writer
from natalis.domain.yearly_date import YearlyDate
from natalis.errors import InvalidInput, NotFound
from natalis.ports.store import Store
from natalis.testing.builders import a_profile, a_rulebook, an_arrival
from natalis.testing.recording_provider import RecordingProvider
from natalis.usecases.preview_message import PreviewMessage
from natalis.usecases.send_test import SendTest
from natalis.usecases.suppress import Suppress

WriterOf = Callable[..., Writer]
COUNTED = {
    "birthday.txt": "Subject: x\nHey, {fullName}\n{years} on {occasionDate}",
    "birthday.pt.txt": "Subject: x\nOi, {fullName}",
    "anniversary.txt": "Subject: x\nHey, {fullName}\n{years} together",
}


@pytest.fixture
def preview(writer_of: WriterOf, store: Store, clock: VirtualClock) -> PreviewMessage:
    return PreviewMessage(writer_of(COUNTED), store.people, clock, a_rulebook())


async def test_a_preview_is_of_a_sample_person_whose_day_is_today(preview: PreviewMessage) -> None:
    message = await preview.show()
    assert (message.email, message.text) == ("ada@example.org", "Hey, Ada Lovelace\n41 on 2026-06-01")


async def test_a_preview_may_be_in_any_language(preview: PreviewMessage) -> None:
    assert (await preview.show(locale="pt-BR")).text == "Oi, Ada Lovelace"


async def test_a_preview_may_be_of_a_user_as_their_day_comes(preview: PreviewMessage, store: Store) -> None:
    wedding = Yearly(YearlyDate(12, 24, 2001))
    arrival = an_arrival(a_profile(name="Grace Hopper", birthday="1990-12-09"), dates={"anniversary": wedding})
    await store.people.add([arrival])
    user_id = arrival.user.id
    assert (await preview.show(user_id=user_id)).text == "Hey, Grace Hopper\n36 on 2026-12-09"
    assert (await preview.show("anniversary", user_id=user_id)).text == "Hey, Grace Hopper\n25 together"
    assert (await preview.show(user_id=user_id, locale="pt")).text == "Oi, Grace Hopper"


async def test_the_links_of_a_preview_lead_to_no_one(writer_of: WriterOf, store: Store, clock: VirtualClock) -> None:
    suppress = Suppress(store.suppressions, store.people, store.facts, clock)
    links = Links("https://x.example", await store.facts.put_new("link secret", "5" * 64))
    writer = writer_of({"birthday.txt": "Subject: x\nHi\n{unsubscribeUrl}"}, links)
    arrival = an_arrival()
    await store.people.add([arrival])
    message = await PreviewMessage(writer, store.people, clock, a_rulebook()).show(user_id=arrival.user.id)
    assert await suppress.unsubscribe(message.text.rpartition("/")[2]) is None


async def test_an_unknown_kind_language_or_user_is_refused(preview: PreviewMessage) -> None:
    with pytest.raises(InvalidInput, match="kind"):
        await preview.show("brithday")
    with pytest.raises(InvalidInput, match="locale"):
        await preview.show(locale="pt_BR")
    with pytest.raises(NotFound):
        await preview.show(user_id="nobody")


async def test_a_test_message_goes_out_under_a_new_key_each_time(writer_of: WriterOf, clock: VirtualClock) -> None:
    provider = RecordingProvider()
    send = SendTest(writer_of(COUNTED), provider, clock, a_rulebook())
    first, second = await send.to("me@example.org"), await send.to("me@example.org", locale="pt")
    assert [call.email for call in provider.calls] == ["me@example.org", "me@example.org"]
    assert (first.message.text, second.message.text) == ("Hey, Ada Lovelace\n41 on 2026-06-01", "Oi, Ada Lovelace")
    assert first.message.key != second.message.key
    assert first.message.key.occasion_date == date(2026, 6, 1)
    assert isinstance(first.outcome, Delivered)


async def test_a_test_message_to_no_address_is_refused(writer_of: WriterOf, clock: VirtualClock) -> None:
    provider = RecordingProvider()
    with pytest.raises(InvalidInput, match="email"):
        await SendTest(writer_of(), provider, clock, a_rulebook()).to("me")
    assert provider.calls == []
