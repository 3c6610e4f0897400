"""Pages of documentation as tests read them: their blocks of commands and output, and a shell that types them."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 40  # tries of a command whose result takes a moment, each the start of a process
_BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)
_ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: `sh` is typed, `text` is what is then printed; a title names the terminal, or says to wait."""

    language: str
    title: str
    text: str

    @property
    def is_elsewhere(self) -> bool:
        """Whether it belongs to another terminal than the first."""
        return self.title.endswith("terminal")


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return blocks_in(page.read_text(encoding="utf-8"))


def blocks_in(text: str) -> list[Block]:
    """Return the fenced blocks of a text, in order."""
    found = _BLOCK.finditer(text)
    return [Block(each["language"], each["title"] or "", each["text"]) for each in found]


def is_printed(expected: str, printed: str) -> bool:
    """Whether a command printed what the page says; `…` stands for anything, alone on its line for any lines."""
    pattern = ""
    for line in expected.rstrip("\n").split("\n"):
        if line.strip() == _ANYTHING:
            pattern += "(?:.*\n)*?"
        else:
            pattern += re.escape(line.rstrip()).replace(re.escape(_ANYTHING), ".*?") + " *\n"
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


@dataclass(slots=True)
class Shell:
    """Terminals in one folder, with ports of their own, because the usual ones may be taken where tests run."""

    folder: Path
    environment: dict[str, str]
    ports: Mapping[str, str]
    others: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def run(self, block: Block) -> tuple[int, str]:
        """Type a block in the first terminal; return how it ended and what it printed, errors among it."""
        place = self.folder / ".place"
        script = f"{self._ported(block.text)}\n__ended=$?; pwd > {place}; exit $__ended"
        here = place.read_text(encoding="utf-8").strip() if place.exists() else self.folder
        done = subprocess.run(  # noqa: S603 - runs what the page says, which is ours
            ["bash", "-c", script],  # noqa: S607 - found on PATH
            cwd=here,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout

    def run_until(self, block: Block, expected: str) -> str:
        """Type a block again and again until it prints what is expected, or patience is at an end."""
        printed = ""
        for _ in range(PATIENCE):
            _, printed = self.run(block)
            if is_printed(expected, printed):
                break
        return printed

    def begin(self, block: Block) -> None:
        """Type a block in another terminal, where it goes on; return once it has printed its first line."""
        place = self.folder / ".place"
        here = Path(place.read_text(encoding="utf-8").strip()) if place.exists() else self.folder
        with self._output(block.title).open("w", encoding="utf-8") as output:
            process = subprocess.Popen(  # noqa: S603 - as above
                ["bash", "-c", f"exec {self._ported(block.text)}"],  # noqa: S607 - as above
                cwd=here,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
            )
        self.others[block.title] = process
        while not self.printed_by(block.title) and process.poll() is None:
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue

    def printed_by(self, title: str) -> str:
        """Return what another terminal has shown so far."""
        return self._output(title).read_text(encoding="utf-8")

    def interrupt(self, title: str) -> int:
        """Press Ctrl-C in another terminal, and return how that ended."""
        process = self.others[title]
        process.send_signal(signal.SIGINT)
        return process.wait(timeout=60)

    def expected(self, block: Block) -> str:
        """Return what a block says is printed, with the ports of this shell."""
        return self._ported(block.text)

    def _ported(self, text: str) -> str:
        text = re.sub("|".join(self.ports), lambda found: self.ports[found[0]], text)  # at once: one may hold another
        return text.replace("/tmp/greetings", str(self.folder / "greetings"))  # noqa: S108 - what the page says

    def _output(self, title: str) -> Path:
        return self.folder / f".{title.replace(' ', '-')}"
