"""A template: subject, text and HTML with `{placeholders}`, parsed once and filled in for each person.

Placeholders are `{fullName}`, `{firstName}`, `{lastName}`, `{years}`, `{occasionDate}`, `{kind}`, `{unsubscribeUrl}`
and `{feedbackUrl}`; `{{` and `}}` stand for single braces.

Three of them are not always known: `{years}` (the year of birth or marriage may be missing), `{unsubscribeUrl}` and
`{feedbackUrl}` (there may be no public address). **A line that uses one which is not known is left out**, and of
several `Subject:` lines the first whose values are all known is taken. A template must make sense without them, which
is checked when it is parsed: one subject, one line of text and one line of HTML have to do without.
"""

from __future__ import annotations

import difflib
import html as markup
import re
import string
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from natalis.errors import InvalidInput

PLACEHOLDERS = (
    "fullName",
    "firstName",
    "lastName",
    "years",
    "occasionDate",
    "kind",
    "unsubscribeUrl",
    "feedbackUrl",
)
OPTIONAL = frozenset({"years", "unsubscribeUrl", "feedbackUrl"})
"""Those that are empty for some people."""
_SUBJECT = re.compile(r"subject:[ \t]*(?P<subject>.*)", re.IGNORECASE)
# A tag in which a placeholder follows `=` outside quotes: a blank in a name would begin an attribute of its own.
_UNQUOTED = re.compile(r"""<[A-Za-z](?:[^<>"']|"[^"]*"|'[^']*')*?=\s*\{(?!\{)""")
_CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Marks that turn the direction of the text around them, and so could make a name rewrite a subject (Unicode TR36).
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of a template: its text as `str.format_map` reads it, and the optional placeholders it needs."""

    form: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template filled in for one person; `html` is None for a text-only message."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True, slots=True)
class Template:
    """What is said on one kind of occasion in one language; build it with `parse_template`.

    Attributes:
        subject: The subjects to choose from, best first; the last resort needs nothing optional.
        text: The plain text, piece by piece.
        html: The same as HTML; None for none.
        needs: The optional placeholders that it uses anywhere; the others need not be worked out.
    """

    subject: tuple[Phrase, ...]
    text: tuple[Phrase, ...]
    html: tuple[Phrase, ...] | None = None

    needs: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        phrases = (*self.subject, *self.text, *(self.html or ()))
        object.__setattr__(self, "needs", frozenset(name for phrase in phrases for name in phrase.needs))

    def render(self, values: Mapping[str, str]) -> Rendered:
        """Fill it in.

        Args:
            values: One for every placeholder, each made by `one_line`; empty for what is not known.
        """
        subject = next(phrase.form for phrase in self.subject if _applies(phrase, values)).format_map(values)
        body = None
        if self.html is not None:
            body = _filled(self.html, {name: markup.escape(value) for name, value in values.items()})
        return Rendered(subject, _filled(self.text, values), body)


def parse_template(text: str, html: str | None = None, *, source: str = "template") -> Template:
    """Read a template.

    Args:
        text: One or more lines `Subject: …`, then the plain text.
        html: The same text as HTML, without a subject; None for none.
        source: What to call it in errors: a file name without its ending, for example `birthday.pt-BR`.

    Raises:
        InvalidInput: Its field is `birthday.txt:3`, the file and the line.
    """
    name = f"{source}.txt"
    lines = text.strip("\ufeff").splitlines()
    subjects = list(_subjects(lines))
    if not subjects:
        raise InvalidInput(f"{name}:1", "has no subject", "begin with a line such as Subject: Happy birthday")
    taken = [Phrase(one_line(line).strip(), _needs(line, f"{name}:{at}")) for at, line in enumerate(subjects, start=1)]
    if all(phrase.needs for phrase in taken):
        raise InvalidInput(
            f"{name}:{len(subjects)}",
            f"every subject uses {_braced(OPTIONAL)}, which is not known for everyone",
            "add another Subject line without it",
        )
    body = _phrases(lines[len(subjects) :], name, first=len(subjects) + 1)
    return Template(tuple(taken), body, None if html is None else _parse_html(html, f"{source}.html"))


def placeholders_in(form: str, known: Collection[str], where: str) -> tuple[str, ...]:
    """Return the placeholders of a text, in order.

    Args:
        form: A text such as `Hey, {fullName}`.
        known: The placeholders there are.
        where: What to call the place in errors.

    Raises:
        InvalidInput: A brace stands alone, or a placeholder is not one of `known`; the nearest is named.
    """
    try:
        pieces = list(string.Formatter().parse(form))
    except ValueError:
        raise InvalidInput(
            where, "a brace has no partner", "write {{ or }} for a brace that is meant as such"
        ) from None
    for _, name, spec, conversion in pieces:
        if name is not None and (name not in known or spec or conversion):
            nearest = difflib.get_close_matches(name, known, n=1) or list(known)
            remedy = f"write {' or '.join(f'{{{each}}}' for each in nearest)}, or {{{{ and }}}} for braces as such"
            raise InvalidInput(where, f"{{{name[:40]}}} is not a placeholder", remedy)
    return tuple(name for _, name, _, _ in pieces if name is not None)


def one_line(value: str) -> str:
    """Return a value that can neither break a line nor turn the text around it.

    Control characters become blanks; lone surrogates (which no encoding has) and direction marks are dropped.
    """
    if value.isprintable():  # says no to a few harmless characters too, so the rest looks closer
        return value
    kept = (" " if unicodedata.category(letter) in _CONTROL else letter for letter in value if _stays(letter))
    return "".join(kept)


def _stays(letter: str) -> bool:
    return letter not in _TURNING and unicodedata.category(letter) != "Cs"


def _subjects(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        found = _SUBJECT.fullmatch(line)
        if found is None or not found["subject"].strip():
            return
        yield found["subject"]


def _parse_html(html: str, name: str) -> tuple[Phrase, ...]:
    lines = html.strip("\ufeff").splitlines()
    if lines and _SUBJECT.fullmatch(lines[0]):
        raise InvalidInput(f"{name}:1", "has a subject of its own", "leave it out: the subject stands in the .txt file")
    unquoted = _UNQUOTED.search(html)
    if unquoted is not None:
        line = html.count("\n", 0, unquoted.end()) + 1
        raise InvalidInput(f"{name}:{line}", "a placeholder is an attribute without quotes", 'write ="{fullName}"')
    return _phrases(lines, name, first=1)


def _phrases(lines: list[str], name: str, *, first: int) -> tuple[Phrase, ...]:
    """Parse lines; those that everyone gets are joined with their neighbours into one phrase."""
    parsed = [Phrase(f"{line}\n", _needs(line, f"{name}:{at}")) for at, line in enumerate(lines, start=first)]
    if not any(phrase.form.strip() and not phrase.needs for phrase in parsed):
        problem = f"no line says anything without {_braced(OPTIONAL)}, which are not known for everyone"
        raise InvalidInput(f"{name}:{first}", problem, "add a line that uses none of them")
    grouped = groupby(parsed, key=lambda phrase: phrase.needs)
    return tuple(Phrase("".join(phrase.form for phrase in run), needs) for needs, run in grouped)


def _needs(line: str, where: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in placeholders_in(line, PLACEHOLDERS, where) if name in OPTIONAL))


def _braced(names: Iterable[str]) -> str:
    return " or ".join(f"{{{name}}}" for name in sorted(names))


def _applies(phrase: Phrase, values: Mapping[str, str]) -> bool:
    return not phrase.needs or all(values[name] for name in phrase.needs)


def _filled(phrases: tuple[Phrase, ...], values: Mapping[str, str]) -> str:
    if len(phrases) == 1:
        return phrases[0].form.format_map(values).strip("\n")
    return "".join([phrase.form.format_map(values) for phrase in phrases if _applies(phrase, values)]).strip("\n")
