"""The page about deploying: what it tells a reader to type is there to be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from natalis.testing.manifests import read_documents, understood
from natalis.testing.pages import blocks_of

LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#\s]+)(?:#[^)]*)?\)")
ON_NATALIS = re.compile(r"(?:run --rm migrate|-- natalis|exec \w+ natalis|run --rm natalis:\S+)(?P<arguments>.*)$")


@pytest.fixture(scope="module")
def lines(deploy: Path) -> list[str]:
    blocks = [each.text for each in blocks_of(deploy / "README.md") if each.language == "sh"]
    return [line for block in blocks for line in block.splitlines()]


def test_every_link_resolves(deploy: Path) -> None:
    linked = [found["path"] for found in LINK.finditer((deploy / "README.md").read_text())]
    assert [path for path in linked if not (deploy / path).exists()] == []


def test_every_command_of_natalis_is_one_that_there_is(lines: list[str]) -> None:
    asked = [shlex.split(found["arguments"]) for line in lines if (found := ON_NATALIS.search(line))]
    assert len(asked) >= 6
    for arguments in filter(None, asked):
        understood(arguments)


def test_every_file_and_service_that_a_command_names_is_there(lines: list[str], deploy: Path) -> None:
    files = {
        word for line in lines for word in shlex.split(line, comments=True) if word.endswith((".yaml", ".example"))
    }
    folders = (deploy.parent, deploy / "compose", deploy / "kubernetes")
    made = {"secret.yaml"}  # by the line before
    assert {name for name in files - made if not any((folder / name).exists() for folder in folders)} == set()
    services = set(read_documents(deploy / "compose" / "production.yaml")[0]["services"])
    named = re.findall(r"--no-deps (?:--wait )?([a-z ]+)$|exec --user \S+ (\S+)", "\n".join(lines), re.MULTILINE)
    assert {word for found in named for word in " ".join(found).split()} <= services
