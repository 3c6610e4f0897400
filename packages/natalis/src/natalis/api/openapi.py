"""The OpenAPI 3.1 document, written from the operations and the structs they name.

It knows every problem of every operation, both spellings of a field, and the headers, because the same declarations do
the work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from natalis.api import problems
from natalis.api.operation import FORM, JSON, Header, Operation, Success
from natalis.api.problems import Problem, ProblemKind
from natalis.api.wire.user import UserFields

_REF = "#/components/schemas/{name}"
_ALIASES = (("birthdayDate", "birthday"), ("timezone", "location"))
_NEW_USER = "NewUser"
_ADA = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "email": "ada@example.org",
    "birthdayDate": "1985-12-10",
    "timezone": "Europe/London",
}
_ABOUT = (
    "Sends every person a message on their day, at nine in their morning, exactly once.\n\n"
    "Errors are problem details (RFC 9457) whose `errors` name each faulty field and what would be right. Unknown "
    "fields and parameters are refused. Lists are read on with `cursor`. Every answer carries `X-Request-Id`."
)


def document_of(operations: Sequence[Operation], version: str, *, needs_token: bool) -> dict[str, Any]:
    """Return the whole document, ready to be encoded.

    Args:
        operations: Every operation there is.
        version: Of Natalis.
        needs_token: Whether nobody may call without a token, as beyond loopback.
    """
    schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.value.lower()] = _operation(
            operation, needs_token=needs_token
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Natalis",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This server."}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {kind.slug: _problem(kind) for kind in problems.KINDS},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by `natalis token create`, with the scope `read`, `write` or `admin`. On a "
                    "loopback address none is needed until the first is made.",
                }
            },
        },
    }


def _operation(operation: Operation, *, needs_token: bool) -> dict[str, Any]:
    described = operation.description
    if operation.scope is not None:
        described += f"\n\nNeeds the scope `{operation.scope}`."
    found: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": described,
        "tags": [operation.tag],
        "parameters": [*_path(operation), *_query(operation.query), *map(_header_parameter, operation.headers)],
        "security": _security(operation, needs_token=needs_token),
        "responses": _responses(operation),
    }
    if operation.body is not None:
        content = {media_type: _body(operation, media_type) for media_type in operation.media_types}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _security(operation: Operation, *, needs_token: bool) -> list[dict[str, list[str]]]:
    if operation.scope is None:
        return []
    token: dict[str, list[str]] = {"token": [operation.scope.value]}
    return [token] if needs_token else [token, {}]


def _path(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": described,
            "schema": {"type": "string", "minLength": 1},
            "example": example,
        }
        for name, (example, described) in (operation.path_examples or {}).items()
    ]


def _query(shape: type[Struct]) -> list[dict[str, Any]]:
    (_, components) = msgspec.json.schema_components([shape], ref_template=_REF)
    schema = components[shape.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": member.get("description", ""),
            "schema": _without_null({key: value for key, value in member.items() if key != "description"}, components),
        }
        for name, member in schema["properties"].items()
    ]


def _without_null(schema: dict[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter that is absent is absent: it cannot be null."""
    if schema.get("default", ...) is None:
        del schema["default"]
    members = [member for member in schema.pop("anyOf", []) if member != {"type": "null"}]
    for member in members:
        name = member.get("$ref", "").rpartition("/")[2]
        schema |= components[name] if name else member
    return schema


def _header_parameter(header: Header) -> dict[str, Any]:
    return {
        "name": header.name,
        "in": "header",
        "required": False,
        "description": header.description,
        "schema": {"type": "string"},
        "example": header.example,
    }


def _body(operation: Operation, media_type: str) -> dict[str, Any]:
    assert operation.body is not None  # noqa: S101 - its only caller asked
    name = _NEW_USER if operation.id == "createUser" else operation.body.__name__
    if media_type in {JSON, FORM}:
        return {"schema": {"$ref": _REF.format(name=name)}}
    return {"example": _rows_example(media_type)}  # rows have no schema: each is judged by itself


def _rows_example(media_type: str) -> str:
    if media_type == "text/vcard":
        return (
            "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ada Lovelace\r\nN:Lovelace;Ada;;;\r\nEMAIL:ada@example.org\r\n"
            "BDAY:19851210\r\nTZ:Europe/London\r\nEND:VCARD\r\n"
        )
    if media_type != "text/csv":
        return msgspec.json.encode(_ADA).decode() + "\n"
    return "firstName,lastName,email,birthdayDate,timezone\nAda,Lovelace,ada@example.org,1985-12-10,Europe/London\n"


def _responses(operation: Operation) -> dict[str, Any]:
    found = {str(status): _success(success) for status, success in operation.successes.items()}
    by_status: dict[int, list[ProblemKind]] = {}
    for kind in operation.problems:
        if kind.status not in operation.successes:
            by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in by_status.items():
        found[str(status)] = (
            {"$ref": f"#/components/responses/{kinds[0].slug}"} if len(kinds) == 1 else _problems(kinds)
        )
    return dict(sorted(found.items()))


def _success(success: Success) -> dict[str, Any]:
    found: dict[str, Any] = {"description": success.description}
    headers = {header.name: _header(header) for header in success.headers}
    found["headers"] = headers | {"X-Request-Id": _header(_REQUEST_ID)}
    if success.links:
        found["links"] = {name: _link(name, parameters) for name, parameters in success.links.items()}
    if success.shape is not None:
        shapes = {success.media_type: success.shape, **success.alternatives}
        found["content"] = {
            kind: {"schema": {"$ref": _REF.format(name=each.__name__)}} for kind, each in shapes.items()
        }
    elif success.media_type != JSON or success.description == "The document.":
        schema = {"type": "object"} if success.media_type == JSON else {"type": "string"}
        found["content"] = {success.media_type: {"schema": schema}}
    return found


def _link(operation_id: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    return {"operationId": operation_id, "parameters": {f"path.{name}": value for name, value in parameters.items()}}


_REQUEST_ID = Header("X-Request-Id", "What the log calls the request.", "0190c3f25dfb7c8e8f6b5a4d3c2b1a09")
_RETRY_AFTER = Header("Retry-After", "Seconds to wait.", "5")
_CHALLENGE = Header("WWW-Authenticate", "What is needed (RFC 6750).", 'Bearer realm="natalis"')


def _header(header: Header) -> dict[str, Any]:
    return {"description": header.description, "schema": {"type": "string"}, "example": header.example}


def _problem(kind: ProblemKind) -> dict[str, Any]:
    return _problems([kind])


def _problems(kinds: Sequence[ProblemKind]) -> dict[str, Any]:
    headers = [_REQUEST_ID]
    status = kinds[0].status
    if status in {problems.TOO_FAST.status, problems.UNAVAILABLE.status}:
        headers.append(_RETRY_AFTER)
    if status == problems.UNAUTHENTICATED.status:
        headers.append(_CHALLENGE)
    examples = {kind.slug: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
    return {
        "description": " ".join(f"{kind.title}. {kind.explained}" for kind in kinds),
        "headers": {header.name: _header(header) for header in headers},
        "content": {
            problems.MEDIA_TYPE: {"schema": {"$ref": _REF.format(name=Problem.__name__)}, "examples": examples}
        },
    }


def _example(kind: ProblemKind) -> dict[str, Any]:
    faults = [{"field": "birthdayDate", "problem": "2023-02-29 does not exist", "remedy": "use a date that exists"}]
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.explained,
        "errors": faults if kind is problems.INVALID else [],
        "requestId": _REQUEST_ID.example,
    }


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    shapes: dict[str, type[Struct]] = {Problem.__name__: Problem}
    for operation in operations:
        if operation.body is not None:
            shapes[operation.body.__name__] = operation.body
        for success in operation.successes.values():
            for shape in filter(None, (success.shape, *success.alternatives.values())):
                shapes[shape.__name__] = shape
    (_, schemas) = msgspec.json.schema_components(shapes.values(), ref_template=_REF)
    fields = schemas[UserFields.__name__]
    return {**schemas, UserFields.__name__: _fields(fields), _NEW_USER: _new_user(fields)}


def _new_user(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What creates a user: the same fields, of which some are needed, two of them under either name."""
    either = [{"oneOf": [{"required": [name]}, {"required": [alias]}]} for name, alias in _ALIASES]
    return {
        **fields,
        "title": _NEW_USER,
        "description": "A user to be added.",
        "required": ["firstName", "lastName", "email"],
        "allOf": either,
        "examples": [_ADA],
    }


def _fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What changes a user: any of the fields, two of them under either name but not under both."""
    neither_twice = [{"not": {"required": [name, alias]}} for name, alias in _ALIASES]
    return {**fields, "allOf": neither_twice, "examples": [{"timezone": "Asia/Tokyo"}]}
