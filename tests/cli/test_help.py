"""Help: there for every command, ending with examples that are understood, and quick to come."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from natalis.cli.app import SECTIONS, app
from natalis.testing.command_line import Natalis, every_command, parsed

COMMANDS = dict(every_command())
EXAMPLES = sorted({example for command in COMMANDS.values() for example in command.examples})
SUMMARIES = {name: summary for section in SECTIONS.values() for name, (_, summary) in section.items()}


@pytest.mark.parametrize("path", COMMANDS)
def test_help_of_every_command_ends_with_its_examples(path: str, natalis: Natalis) -> None:
    ran = natalis(*path.split()[1:], "--help")

    assert ran.code == 0
    assert ran.out.rstrip().splitlines()[-1].strip() == COMMANDS[path].examples[-1]


@pytest.mark.parametrize("path", [path for path in COMMANDS if path != "natalis"])
def test_every_example_shows_its_own_command(path: str) -> None:
    assert all(f"{path} " in f"{example} " for example in COMMANDS[path].examples)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_understood(example: str, clean: Path) -> None:
    arguments = _arguments_of(example)
    for argument in arguments:
        if argument.endswith((".csv", ".vcf", ".ndjson", ".toml", ".txt")):
            (clean / argument).write_text("", encoding="utf-8")

    parsed(app, "natalis", arguments)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_is_explained(path: str) -> None:
    options = [option for option in COMMANDS[path].params if isinstance(option, click.Option)]

    assert all(option.help for option in options)


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    assert COMMANDS[f"natalis {name}"].get_short_help_str(limit=100) == SUMMARIES[name]


def test_without_arguments_natalis_names_the_first_two_commands_to_try(natalis: Natalis) -> None:
    ran = natalis()

    start = ran.out.split("Start here:")[1].splitlines()[1:3]
    assert [line.split()[0] for line in start] == ["demo", "up"]
    assert ran.code == 0


def test_help_loads_neither_the_service_nor_the_drawing_of_tables() -> None:
    program = (
        "import sys; from natalis.cli.app import run; run(['--help']);"
        "print([name for name in ('rich', 'asyncio', 'granian', 'msgspec', 'aiohttp', 'sqlite3', 'natalis.runtime')"
        " if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(shell: str, process: Natalis) -> None:
    ran = process("completion", shell)

    assert ran.code == 0
    assert f"_NATALIS_COMPLETE={shell}_complete" in ran.out


def test_the_shell_is_told_the_commands(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_NATALIS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "natalis de")
    monkeypatch.setenv("COMP_CWORD", "1")

    done = subprocess.run(
        [Path(sys.executable).with_name("natalis")], cwd=clean, capture_output=True, text=True, timeout=60, check=False
    )

    assert "plain,demo" in done.stdout.split()


def _arguments_of(example: str) -> list[str]:
    words = shlex.split(example)
    start = words.index("natalis") + 1
    end = next((at for at, word in enumerate(words) if at >= start and word in {">", "|", ">>"}), len(words))
    return words[start:end]
