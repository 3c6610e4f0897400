"""A person in one statement: rows that pair each of their occasions with each of their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.occasion import Firing, Occasion
from natalis.domain.person import Person
from natalis.domain.yearly_date import YearlyDate
from natalis.stores.judgements import recent
from natalis.stores.postgres.rows import UserRow, leap_day


class PersonRow(UserRow):
    """The user, with one occasion and one delivery where there are any."""

    kind: str | None
    on_month: int | None
    on_day: int | None
    on_year: int | None
    on_leap_day: str | None
    next_date: date | None
    next_fire: datetime | None
    next_expiry: datetime | None
    quarantined: str | None
    of_kind: str | None
    occasion_date: date | None
    status: str | None
    fire_at: datetime | None
    due_at: datetime | None
    expires_at: datetime | None
    of_timezone: str | None
    attempts: int | None
    may_have_arrived: bool | None
    sent_at: datetime | None
    provider_id: str | None
    reason: str | None
    planned_at: datetime | None

    def occasion(self) -> Occasion | None:
        """Return the occasion."""
        if self.kind is None or self.on_month is None or self.on_day is None:
            return None
        upcoming = None
        if self.next_date is not None and self.next_fire is not None and self.next_expiry is not None:
            upcoming = Firing(self.next_date, self.next_fire, self.next_expiry)
        on = YearlyDate(self.on_month, self.on_day, self.on_year)
        return Occasion(str(self.id), self.kind, on, leap_day(self.on_leap_day), upcoming, self.quarantined)

    def delivery(self) -> Delivery | None:
        """Return the delivery."""
        if self.of_kind is None or self.occasion_date is None or self.fire_at is None:
            return None
        if self.status is None or self.due_at is None or self.expires_at is None:
            return None
        return Delivery(
            DeliveryKey(str(self.id), self.of_kind, self.occasion_date),
            Status(self.status),
            self.fire_at,
            self.due_at,
            self.expires_at,
            self.of_timezone or "",
            self.attempts or 0,
            bool(self.may_have_arrived),
            self.sent_at,
            self.provider_id,
            self.reason or "",
            self.planned_at,
        )


def person_of(rows: Sequence[PersonRow]) -> Person:
    """Return the person whom these rows make; there is one at least."""
    occasions = {occasion.kind: occasion for row in rows if (occasion := row.occasion()) is not None}
    deliveries = {delivery.key: delivery for row in rows if (delivery := row.delivery()) is not None}
    in_order = {kind: occasions[kind] for kind in sorted(occasions)}
    return Person(rows[0].user(), in_order, recent(list(deliveries.values())))
