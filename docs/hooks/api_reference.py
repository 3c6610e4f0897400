"""The reference of the HTTP API, from the OpenAPI document that the server itself hands out."""  # noqa: INP001 - a hook of MkDocs, loaded by its path

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from natalis import __version__
from natalis.api import bulk, deliveries, occasions, problems, recipients, system, timeline, users
from natalis.api.openapi import document_of
from natalis.api.operation import Operation

API = "<!-- every operation -->"
DOCUMENT = "reference/openapi.json"
_ROOMS = (users, bulk, occasions, deliveries, timeline, recipients, system)
_SCHEMAS = "#/components/schemas/"


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Put the document itself beside the page."""
    files.append(File.generated(config, DOCUMENT, content=json.dumps(_document(), indent=2)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - as MkDocs calls it
    """Put the operations in their place."""
    return markdown.replace(API, "\n".join(_reference(_document()))) if API in markdown else markdown


def _document() -> dict[str, Any]:
    operations = [found for room in _ROOMS for found in vars(room).values() if isinstance(found, Operation)]
    return document_of(operations, __version__, needs_token=True)


def _reference(document: Mapping[str, Any]) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"\n## {tag['name']}\n"
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if tag["name"] in operation["tags"]:
                    yield from _operation(path, method, operation)
    yield "\n## Bodies\n"
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield from _schema(name, schema)
    yield "\n## Problems\n"
    rows = [(f"{kind.status}", f"`{kind.slug}`", kind.title, kind.explained) for kind in problems.KINDS]
    yield from _table(("status", "kind", "title", "what to do"), rows)


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n### `{method.upper()} {path}`\n\n**{operation['summary']}** {_prose(operation['description'])}\n"
    rows = [(f"`{each['name']}`", each["in"], each["description"], _sample(each)) for each in operation["parameters"]]
    if rows:
        yield from _table(("parameter", "in", "meaning", "example"), rows)
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"\nBody, `{media_type}`: {_shape(content.get('schema', {}))}\n"
    answers = [(status, _answer(response)) for status, response in operation["responses"].items()]
    yield from _table(("status", "answer"), answers)


def _answer(response: Mapping[str, Any]) -> str:
    if "$ref" in response:
        return f"[{response['$ref'].rpartition('/')[2]}](#problems)"
    shapes = [_shape(content.get("schema", {})) for content in response.get("content", {}).values()]
    return " ".join([response["description"], *shapes])


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n### {name}\n\n{_prose(schema.get('description', ''))}\n"
    rows = [
        (f"`{member}`", _kind(found), found.get("description", ""), _first(found.get("examples")))
        for member, found in schema.get("properties", {}).items()
    ]
    if rows:
        yield from _table(("field", "type", "meaning", "example"), rows)


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _shape(schema)
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type") or schema.get("const", "any"))


def _shape(schema: Mapping[str, Any]) -> str:
    if "$ref" not in schema:
        return str(schema.get("description", schema.get("type", "")))
    name = str(schema["$ref"]).removeprefix(_SCHEMAS)
    return f"[{name}](#{name.lower()})"


def _sample(parameter: Mapping[str, Any]) -> str:
    if "example" in parameter:
        return f"`{parameter['example']}`"
    return _first(parameter["schema"].get("examples"))


def _first(examples: Sequence[Any] | None) -> str:
    return f"`{json.dumps(examples[0], ensure_ascii=False)}`" if examples else ""


def _prose(text: str) -> str:
    return text.replace("\n\n", " ")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in row)} |"
    yield ""
