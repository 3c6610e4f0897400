"""What recipients ask for, and the list of who must not be written to, over HTTP."""

from __future__ import annotations

from datetime import date

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.domain.signed_link import Purpose, sign
from natalis.testing.http_api import Api
from natalis.usecases.feedback import link_secret


async def link(api: Api, purpose: Purpose) -> str:
    """Add a user with a planned delivery and return the token of a link in its message."""
    user = await api.add()
    await api.plan()
    secret = await link_secret(api.store.facts)
    return sign(purpose, DeliveryKey(user["id"], "birthday", date(2026, 12, 10)), secret)


async def test_a_mail_program_unsubscribes_with_one_click_and_may_repeat_it(api: Api) -> None:
    path = f"/unsubscribe/{await link(api, Purpose.UNSUBSCRIBE)}"

    came = [await api.client.post(path, data={"List-Unsubscribe": "One-Click"}) for _ in range(2)]
    listed = (await api.client.get("/suppressions")).json()["items"]

    assert [each.status_code for each in came] == [200, 200]
    assert [(each["email"], each["reason"]) for each in listed] == [("ada@example.org", "unsubscribed")]


async def test_a_web_mailer_may_unsubscribe_from_its_own_site(api: Api) -> None:
    path = f"/unsubscribe/{await link(api, Purpose.UNSUBSCRIBE)}"

    came = await api.client.post(path, headers={"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"})

    assert came.status_code == 200


async def test_opening_the_link_unsubscribes_nobody(api: Api) -> None:
    path = f"/unsubscribe/{await link(api, Purpose.UNSUBSCRIBE)}"

    page = await api.client.get(path)

    assert '<form method="post">' in page.text
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert (await api.client.get("/suppressions")).json()["items"] == []


@pytest.mark.parametrize("send", ["json", "data"])
async def test_a_recipient_rates_a_message_and_the_latest_word_counts(api: Api, send: str) -> None:
    path = f"/feedback/{await link(api, Purpose.FEEDBACK)}"

    await api.client.post(path, json={"rating": 1})
    came = await api.client.request("POST", path, **{send: {"rating": 5}})  # type: ignore[arg-type] # httpx types each apart

    assert came.status_code == 204
    assert await api.services.feedback.mean() == (5.0, 1)


@pytest.mark.parametrize("rating", [0, 6, -1, 10**30, "five", 2.5, None, True])
async def test_a_rating_is_a_whole_number_from_1_to_5(api: Api, rating: object) -> None:
    path = f"/feedback/{await link(api, Purpose.FEEDBACK)}"

    came = await api.client.post(path, json={"rating": rating})

    assert came.status_code == 422
    assert came.json()["errors"][0]["field"] == "rating"


@pytest.mark.parametrize("path", ["/unsubscribe", "/feedback"])
async def test_a_link_for_one_thing_does_not_do_the_other(api: Api, path: str) -> None:
    other = Purpose.FEEDBACK if path == "/unsubscribe" else Purpose.UNSUBSCRIBE

    came = await api.client.post(f"{path}/{await link(api, other)}", json={"rating": 5})

    assert came.status_code == 422
    assert came.json()["errors"][0]["field"] == "token"


async def test_operators_put_addresses_on_the_list_and_take_them_off(api: Api) -> None:
    put = await api.client.put("/suppressions", json={"email": "bob@example.org", "reason": "bounced"})
    listed = (await api.client.get("/suppressions")).json()["items"]
    off = await api.client.delete("/suppressions", params={"email": "BOB@example.org"})
    again = await api.client.delete("/suppressions", params={"email": "bob@example.org"})

    assert put.json() in listed
    assert put.json()["reason"] == "bounced"
    assert (off.status_code, again.status_code) == (204, 404)


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "email"), ({"email": "nobody"}, "email"), ({"email": "a@b.example", "reason": "whim"}, "reason")],
)
async def test_what_cannot_be_suppressed_is_refused_by_name(api: Api, body: dict[str, str], field: str) -> None:
    came = await api.client.put("/suppressions", json=body)

    assert came.status_code == 422
    assert came.json()["errors"][0]["field"] == field
