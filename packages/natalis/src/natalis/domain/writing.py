"""Writing: from a delivery and its recipient to the message that goes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from natalis.domain.delivery import Delivery, DeliveryKey
from natalis.domain.message import Message
from natalis.domain.occasion import BIRTHDAY
from natalis.domain.signed_link import Links, Purpose
from natalis.domain.template import Template, one_line
from natalis.domain.user import Profile

OTHER = "other"
"""The name under which the template of every kind without one of its own is found."""
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Templates:
    """Every template, by kind and lower-case language tag (None for the default); always has (`other`, None)."""

    known: Mapping[tuple[str, str | None], Template]

    def find(self, kind: str, locale: str | None) -> Template:
        """Return the nearest template: `pt-BR`, then `pt`, then the kind's default, then the same of `other`.

        Source: RFC 4647 section 3.4 (lookup).
        """
        plain = self.known.get((kind, None))
        if locale is None and plain is not None:
            return plain
        tags = [*_ranges(locale), None]
        return next(
            template for name in (kind, OTHER) for tag in tags if (template := self.known.get((name, tag))) is not None
        )


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes messages.

    Attributes:
        templates: What to say.
        links: Makes unsubscribe and feedback links; None without a public address.
    """

    templates: Templates
    links: Links | None = None

    def __call__(self, delivery: Delivery, profile: Profile, since: int | None = None) -> Message:
        """Write the message of a delivery; see `write`."""
        return self.write(delivery.key, profile, since=since)

    def write(self, key: DeliveryKey, profile: Profile, *, since: int | None = None) -> Message:
        """Write a message.

        Args:
            key: The delivery.
            profile: The recipient.
            since: The year in which the occasion began, where it is known; for a birthday the profile says it.
        """
        template = self.templates.find(key.kind, profile.locale)
        unsubscribe = feedback = ""
        headers = _NO_HEADERS
        if self.links is not None:
            unsubscribe = self.links.to(Purpose.UNSUBSCRIBE, key)
            headers = self.links.headers(unsubscribe)
            if "feedbackUrl" in template.needs:
                feedback = self.links.to(Purpose.FEEDBACK, key)
        first, last = one_line(profile.first_name), one_line(profile.last_name)
        values = {
            "fullName": f"{first} {last}",
            "firstName": first,
            "lastName": last,
            "years": years_text(key.occasion_date, profile.birthday.year if key.kind == BIRTHDAY else since),
            "occasionDate": key.occasion_date.isoformat(),
            "kind": key.kind,
            "unsubscribeUrl": unsubscribe,
            "feedbackUrl": feedback,
        }
        said = template.render(values)
        return Message(key, profile.email, said.subject, said.text, said.html, headers)


def years_text(occasion_date: date, since: int | None) -> str:
    """Return how many years it has been, or nothing when that is not known or not yet one."""
    return "" if since is None or occasion_date.year <= since else str(occasion_date.year - since)


def _ranges(locale: str | None) -> Iterator[str]:
    """Yield `zh-hant-tw`, `zh-hant`, `zh`: each without the last subtag, and without a single letter at its end."""
    parts = [] if locale is None else locale.lower().split("-")
    while parts:
        if len(parts[-1]) > 1:
            yield "-".join(parts)
        parts.pop()
