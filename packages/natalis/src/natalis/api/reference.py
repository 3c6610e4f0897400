"""The reference page: the OpenAPI document as HTML that needs no network and no script."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from natalis.api import problems
from natalis.api.openapi import document_of
from natalis.api.operation import Operation

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1, h2 { line-height: 1.2; } h2 { border-bottom: 1px solid var(--line); margin-top: 3rem; }
code, pre { font: 0.9em/1.4 ui-monospace, monospace; } pre { overflow-x: auto; padding: .75rem; }
pre, details { background: color-mix(in srgb, currentColor 5%, transparent); border-radius: .4rem; }
details { margin: .5rem 0; padding: .5rem .75rem; } summary { cursor: pointer; }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid var(--line);
padding: .35rem .5rem; text-align: left; vertical-align: top; overflow-wrap: break-word; }
.method { display: inline-block; font-weight: 700; min-width: 4.5rem; } nav li { list-style: none; }
nav ul { padding: 0; }
"""
_REF = "#/components/schemas/"


class Reference:
    """The document and its page, each written when first asked for.

    Args:
        operations: Every operation there is.
        version: Of Natalis.
        needs_token: Whether nobody may call without a token.
    """

    def __init__(self, operations: Sequence[Operation], version: str, *, needs_token: bool) -> None:
        self._operations = operations
        self._version = version
        self._needs_token = needs_token

    @cached_property
    def document(self) -> bytes:
        """The document as JSON."""
        return msgspec.json.encode(self._document)

    @cached_property
    def page(self) -> bytes:
        """The page."""
        return "".join(_page(self._document)).encode()

    @cached_property
    def _document(self) -> dict[str, Any]:
        return document_of(self._operations, self._version, needs_token=self._needs_token)


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    about = document["info"]
    yield '<!doctype html><html lang="en"><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_text(about['title'])} API</title><style>{_STYLE}</style>"
    yield f"<h1>{_text(about['title'])} API {_text(about['version'])}</h1>{_prose(about['description'])}"
    yield '<p>The machine-readable document: <a href="/openapi.json">openapi.json</a>.</p>'
    tags = [tag["name"] for tag in document["tags"]]
    yield f"<nav><ul>{''.join(_link(f'tag-{tag}', tag) for tag in tags)}"
    yield f"{_link('schemas', 'Bodies')}{_link('problems', 'Problems')}</ul></nav><main>"
    for tag in tags:
        yield f'<section id="tag-{_text(tag)}"><h2>{_text(tag)}</h2>'
        yield from _operations(document, tag)
        yield "</section>"
    yield '<section id="schemas"><h2>Bodies</h2>'
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield from _schema(name, schema)
    yield '</section><section id="problems"><h2>Problems</h2>'
    for kind in problems.KINDS:
        yield f'<h3 id="problem-{kind.slug}">{kind.status} {_text(kind.title)}</h3>{_prose(kind.explained)}'
    yield "</section></main></html>"


def _operations(document: Mapping[str, Any], tag: str) -> Iterator[str]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if tag in operation["tags"]:
                yield from _operation(path, method, operation)


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    head = f'<span class="method">{method.upper()}</span> <code>{_text(path)}</code>'
    yield f'<details id="{_text(operation["operationId"])}"><summary>{head} - {_text(operation["summary"])}</summary>'
    yield _prose(operation["description"])
    if operation["parameters"]:
        rows = [
            (parameter["name"], parameter["in"], parameter["description"], _sample(parameter))
            for parameter in operation["parameters"]
        ]
        yield _table(("Parameter", "In", "Meaning", "Example"), rows)
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        shape = _shape(content["schema"]) if "schema" in content else f"<pre>{_text(content['example'])}</pre>"
        yield f"<div>Body, <code>{_text(media_type)}</code>: {shape}</div>"
    yield _answers(operation["responses"])
    yield "</details>"


def _answers(responses: Mapping[str, Any]) -> str:
    rows = []
    for status, response in responses.items():
        if "$ref" in response:
            slug = response["$ref"].rpartition("/")[2]
            rows.append(f'<tr><td>{status}</td><td><a href="#problem-{slug}">{slug}</a></td></tr>')
            continue
        shapes = [_shape(content["schema"]) for content in response.get("content", {}).values()]
        described = f"{_code(_text(response['description']))} {' '.join(shapes)}"
        rows.append(f"<tr><td>{status}</td><td>{described}</td></tr>")
    return f"<table><tr><th>Status</th><th>Answer</th></tr>{''.join(rows)}</table>"


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f'<h3 id="schema-{_text(name)}">{_text(name)}</h3>{_prose(schema.get("description", ""))}'
    rows = [
        (member, _kind(found), found.get("description", ""), json.dumps(_first(found.get("examples"))))
        for member, found in schema.get("properties", {}).items()
    ]
    if rows:
        yield _table(("Field", "Type", "Meaning", "Example"), rows)


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REF)
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type") or schema.get("const", "any"))


def _shape(schema: Mapping[str, Any]) -> str:
    if "$ref" not in schema:
        return _text(schema.get("description", schema.get("type", "")))
    name = str(schema["$ref"]).removeprefix(_REF)
    return f'<a href="#schema-{_text(name)}">{_text(name)}</a>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = "".join(f"<th>{_text(title)}</th>" for title in head)
    lines = "".join(
        f"<tr><td><code>{_text(row[0])}</code></td>{''.join(f'<td>{_code(_text(cell))}</td>' for cell in row[1:])}</tr>"
        for row in rows
    )
    return f"<table><tr>{titles}</tr>{lines}</table>"


def _sample(parameter: Mapping[str, Any]) -> str:
    found = parameter.get("example", _first(parameter["schema"].get("examples")))
    return "" if found is None else found if isinstance(found, str) else json.dumps(found)


def _first(examples: Sequence[Any] | None) -> Any:
    return examples[0] if examples else None


def _prose(text: str) -> str:
    return "".join(f"<p>{_code(_text(part))}</p>" for part in text.split("\n\n") if part)


def _code(escaped: str) -> str:
    parts = escaped.split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


def _link(anchor: str, title: str) -> str:
    return f'<li><a href="#{_text(anchor)}">{_text(title)}</a></li>'


def _text(value: object) -> str:
    return html.escape(str(value))
