"""`natalis deliveries` and `natalis why`: see what became of a message, and have it sent after all."""

from __future__ import annotations

import json

from natalis.cli.exit_codes import ExitCode
from natalis.domain.delivery import Delivery
from natalis.testing.command_line import Natalis


def test_a_list_is_narrowed_by_status(natalis: Natalis, greeted: Delivery) -> None:
    failed = natalis("deliveries", "list", "--status", "failed", "--json")
    sent = natalis("deliveries", "list", "--status", "sent", "--json")

    assert [row["id"] for row in failed.rows] == [str(greeted.key)]
    assert sent.rows == []


def test_a_list_is_narrowed_by_time(natalis: Natalis, greeted: Delivery) -> None:
    day = greeted.key.occasion_date.isoformat()

    on_its_day = natalis("deliveries", "list", "--from", day, "--to", f"{day}T23:59Z", "--json")
    before = natalis("deliveries", "list", "--to", day, "--json")

    assert len(on_its_day.rows) == 1
    assert before.rows == []


def test_one_is_shown_with_what_the_provider_said(natalis: Natalis, greeted: Delivery) -> None:
    for_programs = natalis("deliveries", "show", str(greeted.key), "--json")
    for_people = natalis("deliveries", "show", str(greeted.key))

    assert for_programs.json["attempts"][0]["outcome"] == "refused"
    assert "ada@example.org is not known here" in for_people.out


def test_a_failed_one_is_retried_and_can_then_be_cancelled(natalis: Natalis, greeted: Delivery) -> None:
    retried = natalis("deliveries", "retry", str(greeted.key), "--json")
    cancelled = natalis("deliveries", "cancel", str(greeted.key), "--json")

    assert (retried.json["status"], cancelled.json["status"]) == ("scheduled", "cancelled")


def test_what_has_ended_cannot_be_retried_and_says_so(natalis: Natalis, greeted: Delivery) -> None:
    natalis("deliveries", "cancel", str(greeted.key))

    ran = natalis("deliveries", "retry", str(greeted.key), "--json")

    assert ran.code == ExitCode.CONFLICT
    assert json.loads(ran.err)["error"] == "IllegalTransition"


def test_all_that_failed_are_replayed(natalis: Natalis, greeted: Delivery) -> None:
    del greeted

    first = natalis("deliveries", "replay", "--json")
    second = natalis("deliveries", "replay", "--json")

    assert (first.json, second.json) == ({"replayed": 1}, {"replayed": 0})


def test_an_unknown_delivery_is_not_found(natalis: Natalis) -> None:
    ran = natalis("deliveries", "show", "0190c3f2-7c41-7000-8000-000000000001:birthday:2026-02-28")

    assert ran.code == ExitCode.NOT_FOUND
    assert "natalis deliveries list" in ran.err


def test_an_instant_that_is_none_is_refused_with_the_form(natalis: Natalis) -> None:
    ran = natalis("deliveries", "list", "--from", "yesterday")

    assert ran.code == ExitCode.INVALID
    assert "2026-02-28T14:00Z" in ran.err


def test_why_tells_what_happened_and_by_which_rules(natalis: Natalis, greeted: Delivery) -> None:
    year = str(greeted.key.occasion_date.year)

    for_programs = natalis("why", "ada@example.org", year, "--json")
    for_people = natalis("why", "ada@example.org", year)

    assert (for_programs.json["answer"], for_programs.json["deliveryId"]) == ("refused", str(greeted.key))
    assert for_people.out.startswith(f"birthday {year}: refused\n")
    assert "is not known here" in for_people.out
