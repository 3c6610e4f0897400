"""The image: a pinned base, nobody's rights, no secrets - and what it installs runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

from natalis import __version__
from natalis.testing.machine import Machine, first_answer

ROOT = Path(__file__).resolve().parents[2]
SECRET = re.compile(r"(password|secret|token|api.?key)\w*\s*[=:]\s*\S", re.IGNORECASE)
SCRIPTS = ROOT / "scripts"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Containerfile."""

    name: str
    text: str


@pytest.fixture(scope="module")
def stages(deploy: Path) -> Sequence[Sequence[Instruction]]:
    """Return the instructions of each stage."""
    text = (deploy / "image" / "Containerfile").read_text()
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    stages: list[list[Instruction]] = []
    for line in filter(None, joined.splitlines()):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append(Instruction(name, rest))
    return stages


def of(stage: Sequence[Instruction], name: str) -> list[str]:
    return [each.text for each in stage if each.name == name]


def test_every_stage_stands_on_the_same_pinned_base(stages: Sequence[Sequence[Instruction]]) -> None:
    bases = {of(stage, "FROM")[0].split()[0] for stage in stages}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.13(\.\d+)?-slim-\w+", bases.pop())


def test_what_runs_has_no_rights_and_nothing_to_build_with(stages: Sequence[Sequence[Instruction]]) -> None:
    last = stages[-1]
    user, _, group = of(last, "USER")[-1].partition(":")
    assert min(int(user), int(group)) > 0  # numbers: Kubernetes cannot tell from a name that it is not root
    assert not [text for text in of(last, "RUN") if "pip" in text or "apt" in text]
    assert [each.name for each in last].index("USER") > max(i for i, each in enumerate(last) if each.name == "RUN")


def test_it_stops_as_the_service_wants_and_says_how_it_is(stages: Sequence[Sequence[Instruction]]) -> None:
    last = stages[-1]
    assert of(last, "STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(of(last, "HEALTHCHECK")[0].partition("CMD ")[2]) == ["python", "/opt/natalis/healthcheck.py"]
    assert json.loads(of(last, "ENTRYPOINT")[0]) == ["natalis"]


def test_it_names_the_version_that_it_holds(stages: Sequence[Sequence[Instruction]]) -> None:
    assert f'image.version="{__version__}"' in of(stages[-1], "LABEL")[0]


def test_no_layer_holds_a_secret(stages: Sequence[Sequence[Instruction]]) -> None:
    for stage in stages:
        assert not [each for each in stage if each.name in {"ARG", "ENV", "RUN"} and SECRET.search(each.text)]
        assert not of(stage, "ADD")  # fetches what nobody has looked at


def test_everything_it_installs_is_pinned_by_its_hash(stages: Sequence[Sequence[Instruction]]) -> None:
    installs = [
        step for stage in stages for text in of(stage, "RUN") for step in text.split("&&") if re.match(r"\s*pip ", step)
    ]
    assert installs
    assert not [step for step in installs if "--require-hashes" not in step and "--no-index" not in step]


def test_what_it_copies_is_there_and_reaches_the_builder(stages: Sequence[Sequence[Instruction]]) -> None:
    for source in copied(stages):
        assert (ROOT / source).exists(), source
        assert is_sent(source), f"{source} is left out by .dockerignore"


@pytest.mark.parametrize("path", [".git", "natalis.db", ".venv", "deploy/compose/.env", "natalis.toml", "tests"])
def test_what_it_does_not_need_never_reaches_the_builder(path: str) -> None:
    assert not is_sent(path)


def copied(stages: Sequence[Sequence[Instruction]]) -> list[str]:
    """Return the paths of the repository that it copies."""
    lines = [text.split() for stage in stages for text in of(stage, "COPY")]
    return [source for line in lines if not line[0].startswith("--from") for source in line[:-1]]


def is_sent(path: str) -> bool:
    """Return whether .dockerignore lets a path through: the last pattern that fits it or a folder above decides."""
    sent = True
    above = [path, *(str(folder) for folder in Path(path).parents)]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if pattern and not pattern.startswith("#") and any(fnmatch(each, pattern) for each in above):
            sent = line.startswith("!")
    return sent


@pytest.fixture(scope="module")
def installed(stages: Sequence[Sequence[Instruction]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Do what the building stage says, in a folder and with this machine's newest Python in place of the image's."""
    folder = tmp_path_factory.mktemp("image")
    build, installed = folder / "build", folder / "opt"
    python = subprocess.run([SCRIPTS / "pythons"], check=True, capture_output=True, text=True).stdout.split()[-1]
    subprocess.run([python, "-m", "venv", folder / "python"], check=True)
    build.mkdir()
    environ = {"PATH": f"{folder / 'python' / 'bin'}:{os.environ['PATH']}", "HOME": str(folder)}
    for each in stages[0]:
        if each.name == "COPY":
            copy(each.text.split(), build)
        elif each.name == "RUN":
            run(each.text.replace("/opt/natalis", str(installed)), build, inherited() | environ)
    return installed


def copy(words: Sequence[str], to: Path) -> None:
    *sources, target = words
    for source in sources:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, to / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (to / target).mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, to / target)


def run(command: str, folder: Path, environ: Mapping[str, str]) -> None:
    ended = subprocess.run(["sh", "-ec", command], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"


def inherited() -> dict[str, str]:
    """Return what of our environment says where packages come from, and nothing that says where Python's are."""
    return {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "LANG", "TMP"))}


@pytest.mark.slow
@pytest.mark.network
def test_what_it_installs_runs_without_a_place_to_write(installed: Path, tmp_path: Path) -> None:
    def answer(*arguments: str) -> str:
        environ = {"PATH": f"{installed / 'bin'}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        command: list[str | Path] = [installed / "bin" / "natalis", *arguments]
        ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    assert answer("--version").split() == ["natalis", __version__]
    assert json.loads(answer("demo", "--json").splitlines()[-1])
    assert "well" in answer("doctor", "--json")
    assert not list(tmp_path.rglob("*.db*"))
    assert not (installed / "bin" / "pip").exists()
    assert list((installed / "lib").rglob("natalis/**/__pycache__/*.pyc"))  # compiled once, for good


@pytest.mark.network
def test_the_health_check_follows_the_process(deploy: Path, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    check: list[str | Path] = [sys.executable, "-I", deploy / "image" / "healthcheck.py"]
    with machine.running("up", "--json") as process:
        port = first_answer(process)["api"].rpartition(":")[2]
        environ = {"METRICS_PORT": "0", "NATALIS_PORT": port, "HTTP_PROXY": "http://127.0.0.1:9"}
        assert subprocess.run(check, env=environ, check=False).returncode == 0
    gone = subprocess.run(check, env=environ, check=False, capture_output=True, text=True)
    assert gone.returncode == 1
    assert port in gone.stderr
