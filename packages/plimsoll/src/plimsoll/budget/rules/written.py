"""Writes rules and their tests as YAML: the same text for the same rules, in lines that can be read side by side."""

from __future__ import annotations

from typing import Any, Final

import yaml

_WIDTH: Final = 118


class _Readable(yaml.SafeDumper):
    """Folds long texts, and keeps the lines of those that have several."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002 - as it is called
        """Set the items of a list in from its key."""
        del indentless
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    folds = len(text) > _WIDTH // 2 and "  " not in text
    style = "|" if "\n" in text else ">" if folds else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _text)


def yaml_of(*documents: Any) -> str:
    """Return documents as YAML, with a line of dashes between two."""
    return yaml.dump_all(documents, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=_WIDTH)
