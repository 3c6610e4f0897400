"""A user: a person with a name, an address, a birthday and a time zone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import InvalidInput

NAME_LIMIT = 100  # characters
EMAIL_LIMIT = 254  # octets; RFC 5321 section 4.5.3.1.3, less the angle brackets
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010FFFF-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010FFFF-]+)*"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?"
)
_CODE = re.compile(r"[<>{};=%\\]|--")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known about a person, checked: build it with `checked_profile`.

    Attributes:
        first_name: 1 to 100 characters, without control characters.
        last_name: The same.
        email: The address as given, at most 254 octets.
        birthday: The yearly date of the `birthday` occasion.
        timezone: An IANA name or alias, stored as given.
        locale: A BCP 47 tag that selects the template, or None for the default.
        leap_day: The user's own word on 29 February, or None to follow each kind.
    """

    first_name: str
    last_name: str
    email: str
    birthday: YearlyDate
    timezone: str
    locale: str | None = None
    leap_day: LeapDay | None = None

    @property
    def full_name(self) -> str:
        """First and last name, as greeted."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class User:
    """A living user.

    Attributes:
        id: A UUID version 7 in its usual form.
        profile: What is known about the person.
        created_at: UTC.
        updated_at: UTC.
        version: Counts changes from 1; the `ETag` is made of it.
    """

    id: str
    profile: Profile
    created_at: datetime
    updated_at: datetime
    version: int = 1


def email_key(email: str) -> str:
    """Return what makes two spellings of an address the same one: NFKC, case-folded."""
    return unicodedata.normalize("NFKC", email).casefold()


def checked_name(text: str, *, field: str) -> str:
    """Return a name trimmed and in NFC.

    Names are escaped wherever they go, so markup or code in one would do no harm here; it is refused because no name
    holds it, and because not everything that reads our answers escapes as well.

    Raises:
        InvalidInput: It is empty, longer than 100 characters, or holds a control character such as CR or LF, or a sign
            of markup or code such as `<`, `;` or `--`.
    """
    if text.isascii() and text.isalpha() and len(text) <= NAME_LIMIT:
        return text  # what follows would find nothing, and most names are of this sort
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise InvalidInput(field, "is empty", "give a name of 1 to 100 characters")
    if len(name) > NAME_LIMIT:
        raise InvalidInput(field, f"has {len(name)} characters", f"give at most {NAME_LIMIT}")
    if not name.isprintable() and any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in name):
        raise InvalidInput(field, "holds a control character such as a line break", "leave it out")
    if found := _CODE.search(name):
        raise InvalidInput(field, f"holds {found[0]!r}, which is in no name", "give the name alone")
    return name


def checked_email(text: str, *, field: str = "email") -> str:
    """Return an address trimmed.

    Raises:
        InvalidInput: It has no single `@`, a control character, a blank, or is too long.
    """
    email = text.strip()
    is_ascii = email.isascii()
    if (len(email) if is_ascii else len(email.encode("utf-8", "replace"))) > EMAIL_LIMIT:
        raise InvalidInput(field, "is too long", f"give an address of at most {EMAIL_LIMIT} bytes")
    if _EMAIL.fullmatch(email) is None or (not is_ascii and _has_blank_or_control(email)):  # in ASCII it matches none
        raise InvalidInput(field, f"{email[:60]!r} is not an e-mail address", "give one such as ada@example.org")
    return email


def checked_locale(text: str | None, *, field: str = "locale") -> str | None:
    """Return a BCP 47 language tag, or None.

    Raises:
        InvalidInput: It has not the form of one.
    """
    if text is None or not text.strip():
        return None
    if _LOCALE.fullmatch(text.strip()) is None:
        raise InvalidInput(field, f"{text[:40]!r} is not a language tag", "give one such as en or pt-BR")
    return text.strip()


def _has_blank_or_control(text: str) -> bool:
    return not text.isprintable() and any(unicodedata.category(letter)[0] in "CZ" for letter in text)
