"""Rendered files: written, or compared with what is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Final

import click

from plimsoll.budget.rendering import Rendered
from plimsoll.cli.exit_codes import ExitCode
from plimsoll.errors import InvalidInput

_SHOWN: Final = 20  # lines of difference, for each file


def written(made: Rendered) -> int:
    """Write what is not there yet, remove what is not rendered any more, and say so; return the exit code.

    Raises:
        InvalidInput: A file cannot be written or removed.
    """
    changed = [each for each in made.artefacts if _read(each.path) != each.text]
    for each in changed:
        _write(each.path, each.text)
    stale = list(_stale(made))
    for path in stale:
        _remove(path)
    same = len(made.artefacts) - len(changed)
    if same:
        click.echo(f"unchanged: {_files(same)}")
    return ExitCode.PASS


def checked(made: Rendered) -> int:
    """Say how what is there differs from what is rendered; return the exit code.

    Raises:
        InvalidInput: A file cannot be read.
    """
    drifted = [each for each in made.artefacts if _read(each.path) != each.text]
    stale = list(_stale(made))
    for each in drifted:
        there = _read(each.path)
        click.echo(f"{each.path} {'is not there' if there is None else 'is not what the budget file says'}", err=True)
        if there is not None:
            click.echo("\n".join(_difference(there, each.text)), err=True)
    for path in stale:
        click.echo(f"{path} is not rendered any more", err=True)
    if drifted or stale:
        click.echo(f"{_files(len(drifted) + len(stale))} drifted: render again without --check", err=True)
        return ExitCode.DRIFTED
    return ExitCode.PASS


def _difference(there: str, text: str) -> Sequence[str]:
    lines = list(unified_diff(there.splitlines(), text.splitlines(), lineterm="", n=1))[2:]
    more = len(lines) - _SHOWN
    return [f"  {line}" for line in lines[:_SHOWN]] + ([f"  … and {more} lines more"] if more > 0 else [])


def _stale(made: Rendered) -> Iterator[Path]:
    """Yield files that were rendered for this service before, in folders that are rendered whole."""
    ours = {each.path for each in made.artefacts}
    for folder in made.whole:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path not in ours and path.is_file() and made.mark in (_read(path) or ""):
                yield path


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput("render", f"{path} cannot be written: {error.strerror}", "give another place") from error
    click.echo(f"written {path}")


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise InvalidInput("render", f"{path} cannot be removed: {error.strerror}", "remove it") from error
    click.echo(f"removed {path}")


def _read(path: Path) -> str | None:
    """Return a file's text; None where there is none. What is not UTF-8 is nothing that was rendered."""
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else None
    except UnicodeDecodeError:
        return ""
    except OSError as error:
        raise InvalidInput("render", f"{path} cannot be read: {error.strerror}", "give another place") from error


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"
