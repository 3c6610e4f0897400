"""The template folder: `KIND.txt` and `KIND.html`, or in one language `KIND.pt-BR.txt` and `KIND.pt-BR.html`.

A `.txt` file begins with one or more lines `Subject: …`; a `.html` file stands beside the `.txt` file of the same name.
`other.txt` is for every kind without a file of its own. What a folder leaves out comes from the packaged templates.
Files whose names begin with `.` or `README` are passed over; any other file that is not a template is a fault, so that
a misspelt name cannot hide.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from natalis.domain.template import Template, parse_template
from natalis.domain.writing import OTHER, Templates
from natalis.errors import InvalidInput, SettingsInvalid

_NAME = re.compile(
    r"(?P<stem>(?P<kind>[a-z][a-z0-9_-]{0,31})(?:\.(?P<locale>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*))?)"
    r"\.(?P<ending>txt|html)",
    re.ASCII,
)


def load_templates(folder: Path | None, *, kinds: Collection[str]) -> Templates:
    """Read every template.

    Args:
        folder: The operator's own templates; None for the packaged ones alone.
        kinds: The kinds that are configured; a file for any other is a fault.

    Raises:
        SettingsInvalid: With every fault, each with its file and line.
    """
    packaged = _read(files(__package__) / "templates", kinds=None)
    return Templates(packaged if folder is None else packaged | _read(folder, kinds=kinds))


def _read(folder: Traversable, *, kinds: Collection[str] | None) -> dict[tuple[str, str | None], Template]:
    problems: list[str] = []
    templates: dict[tuple[str, str | None], Template] = {}
    texts = _texts(folder, kinds, problems)
    for stem in sorted({name.rpartition(".")[0] for name in texts}):
        kind, _, locale = stem.partition(".")
        try:
            templates[kind, locale.lower() or None] = _parsed(stem, texts)
        except InvalidInput as error:
            problems.append(str(error))
    if problems:
        raise SettingsInvalid(tuple(problems))
    return templates


def _parsed(stem: str, texts: Mapping[str, str]) -> Template:
    if f"{stem}.txt" not in texts:
        problem = f"has no {stem}.txt beside it"
        raise InvalidInput(f"{stem}.html:1", problem, "add one: it holds the subject and the plain text")
    return parse_template(texts[f"{stem}.txt"], texts.get(f"{stem}.html"), source=stem)


def _texts(folder: Traversable, kinds: Collection[str] | None, problems: list[str]) -> dict[str, str]:
    """Read the files of a folder by name; what cannot be read or is no template goes to `problems`."""
    texts: dict[str, str] = {}
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        problems.append(f"TEMPLATES: {folder} cannot be read ({error.strerror}); name a folder of templates")
        return texts
    for entry in entries:
        if entry.name.startswith((".", "README")):
            continue
        fault = _fault(entry.name, kinds)
        if fault is not None:
            problems.append(f"{entry.name}: {fault}")
            continue
        try:
            texts[entry.name] = entry.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{entry.name}: cannot be read ({error}); save it as UTF-8 text")
    return texts


def _fault(name: str, kinds: Collection[str] | None) -> str | None:
    found = _NAME.fullmatch(name)
    if found is None:
        return "is not the name of a template; write one such as birthday.txt, birthday.pt-BR.txt or birthday.html"
    if kinds is None or found["kind"] in {*kinds, OTHER}:
        return None
    nearest = difflib.get_close_matches(found["kind"], [*kinds, OTHER], n=1) or sorted({*kinds, OTHER})
    return f"{found['kind']!r} is not a kind that is configured; use {' or '.join(nearest)}"
