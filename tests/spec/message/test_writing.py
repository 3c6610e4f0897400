"""Rules: what a recipient is told, in which language, and with which links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.domain.message import Message, flaw_in
from natalis.domain.signed_link import Links, Purpose, read
from natalis.domain.writing import Writer, years_text
from natalis.testing.builders import a_profile

WriterOf = Callable[..., Writer]
LINKS = Links("https://greetings.example.org", "5" * 64)


def test_the_default_birthday_text(writer_of: WriterOf, key: DeliveryKey) -> None:
    message = writer_of().write(key, a_profile(name="Ada Lovelace", email="ada@example.org"))
    assert message == Message(
        key, "ada@example.org", "Happy birthday, Ada!", "Hey, Ada Lovelace it's your birthday", None, {}
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [("anniversary", "Hey, Ada Lovelace it's your anniversary"), ("name-day", "Hey, Ada Lovelace it's your name-day")],
)
def test_other_kinds_have_a_default_too(writer_of: WriterOf, key: DeliveryKey, kind: str, text: str) -> None:
    assert writer_of().write(key._replace(kind=kind), a_profile()).text == text


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("pt-BR", "Oi"),
        ("pt-br", "Oi"),
        ("pt-PT", "Olá"),
        ("pt", "Olá"),
        ("pt-BR-x-caipira", "Oi"),
        ("de", "Hi"),
        (None, "Hi"),
    ],
)
def test_the_language_falls_back_from_region_to_tongue_to_default(
    writer_of: WriterOf, key: DeliveryKey, locale: str | None, text: str
) -> None:
    writer = writer_of(
        {
            "birthday.txt": "Subject: x\nHi",
            "birthday.pt.txt": "Subject: x\nOlá",
            "birthday.pt-BR.txt": "Subject: x\nOi",
        }
    )
    assert writer.write(key, a_profile(locale=locale)).text == text


def test_a_kind_in_the_wrong_language_beats_another_kind_in_the_right_one(
    writer_of: WriterOf, key: DeliveryKey
) -> None:
    writer = writer_of({"other.pt.txt": "Subject: x\nOlá"})
    assert writer.write(key, a_profile(locale="pt")).text == "Hey, Ada Lovelace it's your birthday"
    assert writer.write(key._replace(kind="name-day"), a_profile(locale="pt")).text == "Olá"


@pytest.mark.parametrize(("since", "years"), [(1985, "41"), (2025, "1"), (2026, ""), (2030, ""), (None, "")])
def test_years_are_counted_from_the_year_it_began(since: int | None, years: str) -> None:
    assert years_text(date(2026, 12, 10), since) == years


def test_a_birthday_counts_from_the_year_of_birth(writer_of: WriterOf, key: DeliveryKey) -> None:
    writer = writer_of({"birthday.txt": "Subject: x\nHi\n{years} years"})
    assert writer.write(key, a_profile(birthday="1985-12-10")).text == "Hi\n41 years"
    assert writer.write(key, a_profile(birthday="--12-10")).text == "Hi"


def test_another_kind_counts_from_the_year_it_is_told(writer_of: WriterOf, key: DeliveryKey) -> None:
    writer = writer_of({"anniversary.txt": "Subject: x\nHi\n{years} years"})
    wedding = key._replace(kind="anniversary")
    assert writer.write(wedding, a_profile(), since=2001).text == "Hi\n25 years"
    assert writer.write(wedding, a_profile(birthday="1985-12-10")).text == "Hi"


def test_links_are_those_of_the_delivery(writer_of: WriterOf, key: DeliveryKey) -> None:
    writer = writer_of({"birthday.txt": "Subject: x\nHi\n{unsubscribeUrl}\n{feedbackUrl}"}, LINKS)
    message = writer.write(key, a_profile())
    _, unsubscribe, feedback = message.text.splitlines()
    assert read(Purpose.UNSUBSCRIBE, unsubscribe.rpartition("/")[2], LINKS.secret) == key
    assert read(Purpose.FEEDBACK, feedback.rpartition("/")[2], LINKS.secret) == key
    assert message.headers["List-Unsubscribe"] == f"<{unsubscribe}>"
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_without_a_public_address_there_are_no_links(writer_of: WriterOf, key: DeliveryKey) -> None:
    message = writer_of({"birthday.txt": "Subject: x\nHi\n{unsubscribeUrl}\n{feedbackUrl}"}).write(key, a_profile())
    assert (message.text, dict(message.headers)) == ("Hi", {})


def test_a_line_break_in_a_name_stays_out_of_subject_and_html(writer_of: WriterOf, key: DeliveryKey) -> None:
    writer = writer_of({"birthday.txt": "Subject: {firstName}\nHi", "birthday.html": "<p>{firstName}</p>"})
    mallory = replace(a_profile(), first_name="M\r\nBcc: all@example.org\u2028<script>")
    message = writer.write(key, mallory)
    assert message.subject == "M  Bcc: all@example.org <script>"
    assert message.html == "<p>M  Bcc: all@example.org &lt;script&gt;</p>"
    assert flaw_in(message) is None


@pytest.mark.parametrize(
    "bad",
    [
        {"email": "a@example.org\nBcc: b@example.org"},
        {"subject": "x\r\nBcc: b@example.org"},
        {"headers": {"List-Unsubscribe": "<x>\nBcc: b"}},
        {"headers": {"X\n": "y"}},
        {"subject": "\ud800"},
    ],
)
def test_a_line_break_in_a_header_is_a_flaw(key: DeliveryKey, bad: dict[str, object]) -> None:
    sound = Message(key, "ada@example.org", "Hi", "Hi\nthere")
    assert flaw_in(sound) is None
    assert flaw_in(replace(sound, **bad)) is not None  # type: ignore[arg-type]  # each case names one field
