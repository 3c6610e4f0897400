"""Data that all users of an engine share, read once: rows of a CSV file, the elements of a JSON file."""

from __future__ import annotations

import csv
import inspect
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from plimsoll.errors import InvalidInput


def csv_rows(path: str | Path) -> tuple[dict[str, str], ...]:
    """Return the rows of a CSV file by the names in its first line; read once, however often it is called.

    Args:
        path: Beside the flow's file, unless it is absolute.

    Raises:
        InvalidInput: It cannot be read.
    """
    return _csv(_beside(path, inspect.stack()[1].filename))


def json_items(path: str | Path) -> Any:
    """Return what a JSON file holds; read once, however often it is called. Not to be changed: it is everybody's.

    Args:
        path: Beside the flow's file, unless it is absolute.

    Raises:
        InvalidInput: It cannot be read, or is no JSON.
    """
    return _json(_beside(path, inspect.stack()[1].filename))


@cache
def _csv(path: Path) -> tuple[dict[str, str], ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple({str(key): value or "" for key, value in row.items()} for row in csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(str(path), f"it cannot be read: {error}", "give a CSV file in UTF-8") from error


@cache
def _json(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise InvalidInput(str(path), f"it cannot be read: {error}", "give a file of JSON") from error


def _beside(path: str | Path, caller: str) -> Path:
    return (Path(caller).parent / path).resolve()
