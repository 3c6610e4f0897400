"""Rules: a link says whose it is and cannot be made by anyone else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.delivery import DeliveryKey
from natalis.domain.signed_link import Links, Purpose, read, sign
from natalis.errors import InvalidInput

SECRET = "5" * 64
KEYS = st.builds(
    DeliveryKey,
    st.uuids().map(str),
    st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True).filter(str.isascii),
    st.dates(min_value=date(1900, 1, 1)),
)


@given(KEYS, st.sampled_from(Purpose))
def test_a_token_reads_back_as_its_delivery(key: DeliveryKey, purpose: Purpose) -> None:
    assert read(purpose, sign(purpose, key, SECRET), SECRET) == key


@given(KEYS)
def test_a_token_needs_no_escaping_in_a_url(key: DeliveryKey) -> None:
    token = sign(Purpose.UNSUBSCRIBE, key, SECRET)
    assert quote(token, safe="") == token


def test_a_token_is_short(key: DeliveryKey) -> None:
    assert len(sign(Purpose.FEEDBACK, key, SECRET)) < 80


def test_a_token_of_one_purpose_is_none_of_another(key: DeliveryKey) -> None:
    with pytest.raises(InvalidInput, match="token"):
        read(Purpose.UNSUBSCRIBE, sign(Purpose.FEEDBACK, key, SECRET), SECRET)


def test_a_token_of_another_secret_is_refused(key: DeliveryKey) -> None:
    with pytest.raises(InvalidInput, match="token"):
        read(Purpose.FEEDBACK, sign(Purpose.FEEDBACK, key, "another"), SECRET)


@given(st.data())
def test_a_token_with_any_letter_changed_is_refused(data: st.DataObject) -> None:
    token = sign(Purpose.FEEDBACK, data.draw(KEYS), SECRET)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(max_codepoint=0x2FF).filter(lambda letter: letter != token[at]))
    changed = token[:at] + letter + token[at + 1 :]
    with pytest.raises(InvalidInput, match="token"):
        read(Purpose.FEEDBACK, changed, SECRET)


@given(st.text())
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="token"):
        read(Purpose.FEEDBACK, text, SECRET)


def test_a_signed_day_that_does_not_exist_is_refused(key: DeliveryKey) -> None:
    class Unreal(date):
        def isoformat(self) -> str:
            return "2026-02-30"

    token = sign(Purpose.FEEDBACK, key._replace(occasion_date=Unreal(2026, 1, 1)), SECRET)
    with pytest.raises(InvalidInput, match="token"):
        read(Purpose.FEEDBACK, token, SECRET)


def test_mail_programs_unsubscribe_with_one_click_over_https(key: DeliveryKey) -> None:
    links = Links("https://greetings.example.org/", SECRET)
    url = links.to(Purpose.UNSUBSCRIBE, key)
    assert url == f"https://greetings.example.org/unsubscribe/{sign(Purpose.UNSUBSCRIBE, key, SECRET)}"
    assert links.headers(url) == {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_plain_http_offers_no_one_click(key: DeliveryKey) -> None:
    links = Links("http://127.0.0.1:3000", SECRET)
    assert list(links.headers(links.to(Purpose.UNSUBSCRIBE, key))) == ["List-Unsubscribe"]


@pytest.mark.parametrize("url", ["ftp://x.org", "https://", "x.org", "https://x.org\r\nBcc: y", "https://x.org/?a=1"])
def test_a_public_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="PUBLIC_URL"):
        replace(Links("https://x.org", SECRET), base_url=url)
