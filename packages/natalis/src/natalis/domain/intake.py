"""Intake: from what a caller typed about a person to a checked profile, with every faulty field named at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from natalis.domain.calendar import ZoneLookup
from natalis.domain.user import Profile, checked_email, checked_locale, checked_name
from natalis.domain.yearly_date import LeapDay, YearlyDate, parse_yearly_date
from natalis.errors import InvalidFields, InvalidInput

EASTERNMOST = timedelta(hours=14)  # Kiritimati: where a date begins first


@dataclass(frozen=True, slots=True)
class UserInput:
    """What a caller says about a person, as text; None is a field that was not given.

    Attributes:
        first_name: Reported as `firstName`.
        last_name: Reported as `lastName`.
        email: Reported as `email`.
        birthday: `1990-05-25`, or `--05-25` without a year; reported as `birthdayDate`.
        timezone: An IANA name or alias; reported as `timezone`.
        locale: A BCP 47 tag; empty for none; reported as `locale`.
        leap_day: `backward`, `forward` or `omit`; empty to follow each kind's rule; reported as `leapDay`.
    """

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    birthday: str | None = None
    timezone: str | None = None
    locale: str | None = None
    leap_day: str | None = None


def latest_date(now: datetime) -> date:
    """Return the date where it is latest on earth at `now` (UTC+14): no later one has begun anywhere."""
    return (now + EASTERNMOST).date()


def check_profile(given: UserInput, today: date, zone: ZoneLookup) -> Profile:
    """Return the profile of a new user.

    Args:
        given: What the caller said; every field but `locale` and `leap_day` is needed.
        today: The latest date that has begun anywhere (`latest_date`).
        zone: Knows the zones.

    Raises:
        InvalidFields: With one `InvalidInput` for every field that is missing or wrong.
    """
    try:
        return Profile(
            _name(given.first_name, "firstName"),
            _name(given.last_name, "lastName"),
            _email(given.email),
            _birthday(given.birthday, today),
            _timezone(given.timezone, zone),
            checked_locale(given.locale),
            check_leap_day(given.leap_day),
        )
    except InvalidInput:
        raise InvalidFields(_faults(given, today, zone)) from None


def check_amendment(known: Profile, given: UserInput, today: date, zone: ZoneLookup) -> Profile:
    """Return `known` with the given fields in place of its own.

    Args:
        known: The profile as it stands.
        given: Any subset of the fields.
        today: The latest date that has begun anywhere (`latest_date`).
        zone: Knows the zones.

    Raises:
        InvalidFields: With one `InvalidInput` for every given field that is wrong.
    """
    named = UserInput(
        known.first_name if given.first_name is None else given.first_name,
        known.last_name if given.last_name is None else given.last_name,
        known.email if given.email is None else given.email,
        str(known.birthday) if given.birthday is None else given.birthday,
        known.timezone if given.timezone is None else given.timezone,
        known.locale if given.locale is None else given.locale,
        known.leap_day if given.leap_day is None else given.leap_day,
    )
    return check_profile(named, today, zone)


def check_date(text: str | None, today: date, *, field: str) -> YearlyDate:
    """Return a yearly date; `today` is the latest date that has begun anywhere.

    Raises:
        InvalidInput: It is missing or no such date.
    """
    given = _present(text, field, "write 1990-05-25, or --05-25 without a year")
    return parse_yearly_date(given, field=field, today=today)


def check_leap_day(text: str | None, *, field: str = "leapDay") -> LeapDay | None:
    """Return what 29 February becomes; None when nothing or an empty text is given.

    Raises:
        InvalidInput: It is none of the three words.
    """
    if text is None or not text.strip():
        return None
    try:
        return LeapDay(text.strip().lower())
    except ValueError:
        raise InvalidInput(field, f"{text[:40]!r} is not a rule", "use backward, forward or omit") from None


def _faults(given: UserInput, today: date, zone: ZoneLookup) -> tuple[InvalidInput, ...]:
    """Return one for each faulty field; apart from the good way, which an import takes a million times."""
    checks: tuple[Callable[[], object], ...] = (
        lambda: _name(given.first_name, "firstName"),
        lambda: _name(given.last_name, "lastName"),
        lambda: _email(given.email),
        lambda: _birthday(given.birthday, today),
        lambda: _timezone(given.timezone, zone),
        lambda: checked_locale(given.locale),
        lambda: check_leap_day(given.leap_day),
    )
    return tuple(fault for check in checks if (fault := _fault(check)) is not None)


def _fault(check: Callable[[], object]) -> InvalidInput | None:
    try:
        check()
    except InvalidInput as fault:
        return fault
    return None


def _present(text: str | None, field: str, remedy: str) -> str:
    if text is None:
        raise InvalidInput(field, "is missing", remedy)
    return text


def _name(text: str | None, field: str) -> str:
    return checked_name(_present(text, field, "give a name of 1 to 100 characters"), field=field)


def _email(text: str | None) -> str:
    return checked_email(_present(text, "email", "give an address such as ada@example.org"))


def _birthday(text: str | None, today: date) -> YearlyDate:
    return check_date(text, today, field="birthdayDate")


def _timezone(text: str | None, zone: ZoneLookup) -> str:
    remedy = "use an IANA name such as Europe/Paris"
    name = _present(text, "timezone", remedy).strip()
    if not name:
        raise InvalidInput("timezone", "is empty", remedy)
    zone(name)
    return name
