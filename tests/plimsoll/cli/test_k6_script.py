"""`plimsoll load run script.js`: the k6 on the PATH runs it, the report and the exit code are ours."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STAND_IN = '''#!{python}
"""Stands in for k6: writes down how it was called, and a summary as `k6 run --summary-export` does."""
import json, pathlib, sys
here = pathlib.Path(__file__).parent
(here / "called.json").write_text(json.dumps(sys.argv[1:]))
answer = json.loads((here / "answer.json").read_text())
if answer["summary"] is not None:
    pathlib.Path(sys.argv[sys.argv.index("--summary-export") + 1]).write_text(json.dumps(answer["summary"]))
sys.exit(answer["code"])
'''
SUMMARY: dict[str, Any] = {  # as k6 1.x writes it: true is a threshold that was crossed
    "root_group": {"name": "", "path": "", "id": "d41d8cd98f00b204e9800998ecf8427e", "groups": {}, "checks": {}},
    "metrics": {
        "http_req_duration": {
            "avg": 180.2, "min": 20.1, "med": 84.0, "max": 3000.0, "p(90)": 466.5, "p(95)": 693.2, "p(99)": 1200.0,
            "p(99.9)": 2900.0, "count": 200, "thresholds": {"p(95)<500": True},
        },
        "http_req_failed": {"passes": 0, "fails": 200, "value": 0, "thresholds": {}},
        "http_reqs": {"count": 200, "rate": 20.0},
    },
}  # fmt: skip


@pytest.fixture
def k6(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a stand-in for k6 on the PATH."""

    def install(summary: dict[str, Any] | None, code: int) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "k6"
        program.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (folder / "answer.json").write_text(json.dumps({"summary": summary, "code": code}), encoding="utf-8")
        monkeypatch.setenv("PATH", str(folder), prepend=":")
        return folder / "called.json"

    return install


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.js"
    path.write_text("export default function () {}\n", encoding="utf-8")
    return path


def test_options_are_passed_on_and_the_summary_is_reported(
    k6: Callable[..., Path], script: Path, typed: Any, tmp_path: Path
) -> None:
    called = k6(SUMMARY, 99)
    options = (
        "--vus",
        3,
        "--for",
        "5s",
        "--env",
        "A=b",
        "--tag",
        "c=d",
        "--insecure",
        "--no-teardown",
        "--url",
        "http://x",
    )

    done = typed("load", "run", script, *options, "--html", tmp_path / "k6.html", "--", "--no-setup")

    assert done.code == 99, done.err
    assert "693.2ms" in done.out
    assert done.out.rstrip().splitlines()[-1].startswith("  FAIL  ")
    assert (tmp_path / "k6.html").stat().st_size > 1000
    words = json.loads(called.read_text(encoding="utf-8"))
    assert words[0] == "run"
    assert words[-2:] == ["--no-setup", str(script)]
    asked = " ".join(words)
    for part in ("--vus 3", "--duration 5s", "--env A=b", "--env BASE_URL=http://x", "--tag c=d", "p(99.9)"):
        assert part in asked
    assert {"--insecure-skip-tls-verify", "--no-teardown"} < set(words)


def test_a_further_threshold_is_judged_by_the_summary(k6: Callable[..., Path], script: Path, typed: Any) -> None:
    held = json.loads(json.dumps(SUMMARY))
    held["metrics"]["http_req_duration"]["thresholds"] = {"p(95)<1000": False}
    k6(held, 0)

    assert typed("load", "run", script).code == 0
    assert typed("load", "run", script, "--threshold", "http_req_duration:med<50").code == 99


def test_without_k6_it_is_said_what_to_do(script: Path, typed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    done = typed("load", "run", script)

    assert done.code == 3
    assert "no k6 on the PATH" in done.err
    assert "install it" in done.err


def test_a_k6_that_fails_is_no_verdict(k6: Callable[..., Path], script: Path, typed: Any) -> None:
    k6(None, 107)

    done = typed("load", "run", script)

    assert done.code == 4
    assert "k6 ended with code 107" in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rate", "5"), "set it in the script"),
        (("--shard", "1/2"), "set it in the script"),
        (("--processes", "2"), "k6 has no such option"),
        (("--out", "x.json"), "no histogram"),
        (("--csv", "x.csv"), "what happened when"),
        (("--budget", "x.yaml"), "brings its own load"),
        (("--prometheus", "9"), "output of its own"),
    ],
)
def test_what_k6_cannot_do_is_refused(script: Path, typed: Any, options: tuple[str, ...], said: str) -> None:
    done = typed("load", "run", script, *options)

    assert done.code == 3
    assert said in done.err


def test_options_of_k6_are_for_scripts_of_k6(typed: Any, tmp_path: Path) -> None:
    flow = tmp_path / "flow.py"
    flow.write_text("async def it(session): ...\n", encoding="utf-8")

    done = typed("load", "run", flow, "--no-setup-please")
    more = typed("load", "run", flow, "--", "--no-setup")

    assert done.code == 2
    assert more.code == 3
    assert "only scripts of k6" in more.err
