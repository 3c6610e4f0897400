"""The body of the call: a JSON text with placeholders, compiled once into a function of the message.

Placeholders are `{email}`, `{message}` (the plain text), `{subject}`, `{html}`, `{headers}` and `{key}`. A string that
is nothing but `{headers}` becomes the object of e-mail headers, and one that is nothing but `{html}` becomes null in a
text-only message. Values are encoded as JSON, never pasted into it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from natalis.domain.message import Message
from natalis.domain.template import placeholders_in
from natalis.errors import InvalidInput

DEFAULT_CALL = '{"email": "{email}", "message": "{message}"}'
FIELD = "PROVIDER_BODY"

_Fill: TypeAlias = Callable[[Message], object]
_VALUES: MappingProxyType[str, _Fill] = MappingProxyType(
    {
        "email": lambda message: message.email,
        "message": lambda message: message.text,
        "subject": lambda message: message.subject,
        "html": lambda message: message.html,
        "headers": lambda message: dict(message.headers),
        "key": lambda message: str(message.key),
    }
)


def compile_call(template: str) -> Callable[[Message], bytes]:
    """Return the function that makes the body of the call for a message.

    Args:
        template: A JSON text, for example `{"to": "{email}", "subject": "{subject}", "text": "{message}"}`.

    Raises:
        InvalidInput: It is not JSON, or names a placeholder that does not exist.
    """
    try:
        shape = msgspec.json.decode(template)
    except msgspec.MsgspecError as error:
        raise InvalidInput(FIELD, f"is not JSON ({error})", f"write a JSON text such as {DEFAULT_CALL}") from None
    fill, encode = _compiled(shape), msgspec.json.Encoder().encode
    return lambda message: encode(fill(message))


def _compiled(shape: object) -> _Fill:
    match shape:
        case dict():
            members = [(str(name), _compiled(part)) for name, part in shape.items()]
            return lambda message: {name: fill(message) for name, fill in members}
        case list():
            items = [_compiled(part) for part in shape]
            return lambda message: [fill(message) for fill in items]
        case str():
            return _compiled_text(shape)
        case _:
            return lambda _: shape


def _compiled_text(form: str) -> _Fill:
    names = placeholders_in(form, tuple(_VALUES), FIELD)
    if names and form == f"{{{names[0]}}}":
        return _VALUES[names[0]]
    if "headers" in names:
        raise InvalidInput(
            FIELD, "{headers} stands inside a text", 'write "headers": "{headers}", with nothing beside it'
        )
    return lambda message: form.format_map({name: _VALUES[name](message) or "" for name in names})
