"""What columns and members are called out there, and which of our fields each one means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from natalis.domain.intake import UserInput
from natalis.domain.occasion import ANNIVERSARY, check_kind
from natalis.errors import InvalidInput

NAME = "name"  # a full name, to be split where first and last are not given apart
GIVEN = ("firstName", "lastName", "email", "birthdayDate", "timezone", "locale", "leapDay")
"""Our fields in the order of `UserInput`."""
DATES = "occasions."  # what a further yearly date's column begins with, as in `occasions.anniversary`

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "firstName": ("firstname", "givenname", "forename", "first", "given", "vorname", "prenom", "prénom", "nombre"),
    "lastName": (
        *("lastname", "surname", "familyname", "last", "family", "nachname", "familienname", "nom", "cognome"),
        *("apellido", "apellidos", "achternaam"),
    ),
    NAME: ("fullname", "name", "displayname", "fn"),
    "email": ("email", "emailaddress", "mail", "mailaddress", "email1value", "email1", "emailadresse"),
    "birthdayDate": (
        *("birthdaydate", "birthday", "birthdate", "dateofbirth", "dob", "bday", "born"),
        *("geburtsdatum", "geburtstag"),
    ),
    "timezone": ("timezone", "tz", "tzid", "ianatimezone", "timezonename", "zone", "zeitzone", "location"),
    "locale": ("locale", "language", "lang", "preferredlanguage", "sprache"),
    "leapDay": ("leapday",),
    DATES + ANNIVERSARY: ("anniversary", "occasionsanniversary", "weddinganniversary", "jahrestag"),
}
"""Our field to what it is called elsewhere, folded, the clearest name first: `timezone` wins over `location`."""

_RANK = {synonym: (field, rank) for field, known in SYNONYMS.items() for rank, synonym in enumerate(known)}


def given_from(fields: Mapping[str, str]) -> UserInput:
    """Return what is said about a person, from our fields; an empty one is one not given."""
    return UserInput(*(fields.get(field) or None for field in GIVEN))


def folded(name: str) -> str:
    """Return a column's name without case, blanks, underscores, hyphens and the like."""
    return re.sub(r"[\W_]+", "", name).casefold()


def field_named(name: str) -> str | None:
    """Return our field of that name, or None; `occasions.KIND` is a further yearly date of that kind."""
    found = _RANK.get(folded(name))
    if found is not None:
        return found[0]
    return name if name.startswith(DATES) else None


def mapped(header: Iterable[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Return our fields with the index of the column that holds each.

    Args:
        header: The columns' names.
        columns: Theirs to ours, as the caller says; wins over the table of synonyms.

    Raises:
        InvalidInput: A column of `columns` is not there or a field of it unknown, or two columns have one name.
    """
    names = [name.strip() for name in header]
    chosen = {_ours(ours): _index(theirs, names) for theirs, ours in columns.items()}
    taken = set(chosen.values())
    ranked: dict[str, tuple[int, int]] = {}
    for index, name in enumerate(names):
        found = _field_and_rank(name)
        if found is None or index in taken or found[0] in chosen:
            continue
        field, rank = found
        known = ranked.get(field)
        if known is not None and known[0] == rank:
            raise InvalidInput("header", f"two columns are called {name!r}", "remove or rename one of them")
        if known is None or rank < known[0]:
            ranked[field] = (rank, index)
    return {field: index for field, (_, index) in ranked.items()} | chosen


def check_complete(fields: Iterable[str], header: Iterable[str], *, needs_zone: bool) -> None:
    """Refuse a table that no row of can become a person.

    Raises:
        InvalidInput: It names what is missing, what was found, and what to do.
    """
    known = set(fields)
    missing = [field for field in ("email", "birthdayDate") if field not in known]
    if NAME not in known:
        missing = [field for field in ("firstName", "lastName") if field not in known] + missing
    if needs_zone and "timezone" not in known:
        missing.append("timezone (or give a default time zone)")
    if missing:
        found = ", ".join(repr(name.strip()[:40]) for name in list(header)[:30]) or "nothing"
        raise InvalidInput(
            "header",
            f"there is no column for {', '.join(missing)}; found {found}",
            "name the columns firstName, lastName, email, birthdayDate, timezone, or say what they mean with "
            "--map theirs=ours",
        )


def split_name(full: str) -> tuple[str, str]:
    """Split a full name into first and last: at a comma (`Lovelace, Ada`), else before the last word.

    A last name keeps its particle in lower case: `Ludwig van Beethoven` gives `Ludwig` and `van Beethoven`. One word
    alone leaves the last name empty.
    """
    last, comma, first = full.partition(",")
    if comma:
        return first.strip(), last.strip()
    words = full.split()
    cut = max(len(words) - 1, 1)
    while cut > 1 and words[cut - 1].islower():
        cut -= 1
    return " ".join(words[:cut]), " ".join(words[cut:])


def _field_and_rank(name: str) -> tuple[str, int] | None:
    if name.startswith(DATES) and folded(name) not in _RANK:
        return DATES + check_kind(name.removeprefix(DATES)), 0
    return _RANK.get(folded(name))


def _ours(name: str) -> str:
    field = field_named(name)
    if field is None:
        known = ", ".join([*SYNONYMS, DATES + "KIND"])
        raise InvalidInput("map", f"{name[:40]!r} is not a field", f"use one of {known}")
    if field.startswith(DATES):
        check_kind(field.removeprefix(DATES))
    return field


def _index(theirs: str, names: list[str]) -> int:
    wanted = folded(theirs)
    for index, name in enumerate(names):
        if name == theirs or (wanted and folded(name) == wanted):
            return index
    found = ", ".join(repr(name[:40]) for name in names[:30])
    raise InvalidInput("map", f"there is no column {theirs[:40]!r}; found {found}", "use a column's name as written")
