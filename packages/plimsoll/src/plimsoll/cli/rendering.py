"""Rendered files: written, or checked against what is there."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Final

import click

from plimsoll.cli.exit_codes import ExitCode
from plimsoll.errors import InvalidInput

_SHOWN: Final = 20  # lines of difference


def written(files: Mapping[Path, str], *, check: bool) -> int:
    """Write files, or say how those that are there differ; return the exit code.

    Args:
        files: Their text by path.
        check: Whether to compare and write nothing.

    Raises:
        InvalidInput: A file cannot be written.
    """
    if not check:
        for path, text in files.items():
            _write(path, text)
        return ExitCode.PASS
    drifted = [path for path, text in files.items() if _read(path) != text]
    for path in drifted:
        click.echo(f"{path} is not what the budget file says: render it again without --check", err=True)
        lines = list(unified_diff((_read(path) or "").splitlines(), files[path].splitlines(), lineterm="", n=1))[2:]
        click.echo("\n".join(lines[:_SHOWN]), err=True)
    return ExitCode.DRIFTED if drifted else ExitCode.PASS


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput("--out", f"{path} cannot be written: {error.strerror}", "give another folder") from error
    click.echo(f"written {path}")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
