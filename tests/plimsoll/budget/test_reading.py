"""A budget file that is wrong is refused where it is wrong, with what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from plimsoll.budget.file.amounts import Unit, amount_of
from plimsoll.budget.file.reading import read_file, read_text
from plimsoll.errors import InvalidInput

FILE = """\
service:
  name: natalis
  endpoints:
    - {name: create user, route: /user, method: POST}
budgets:
  - name: tail
    indicator: latency p95
    target: 500 ms
    threshold: 1 s
  - name: errors
    indicator: errors
    target: 0.1 %
    endpoints: [create user]
scenarios:
  smoke:
    flow: users.py
    load: {users: {executor: constant-vus, vus: 5, duration: 1m}}
"""


def test_a_file_is_read_whole() -> None:
    read = read_text(FILE)

    assert read.service.endpoints[0].route == "/user"
    assert [budget.bound.value for budget in read.budgets] == [1.0, 0.001]
    assert read.scenarios["smoke"].load["users"]["vus"] == 5


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("target: 500 ms", "target: 500 mz", "8:13: budgets[0].target: '500 mz' is no quantity; write it as 300 ms"),
        ("target: 500", "targett: 500", "8:5: budgets[0].targett: there is no such key; did you mean 'target'?"),
        ("latency p95", "latncy p95", "7:16: budgets[0].indicator: there is no indicator 'latncy p95'; did you mean"),
        ("threshold: 1 s", "threshold: 1 ms", "9:16: budgets[0].threshold: 1 ms is crossed before the target 500 ms"),
        ("0.1 %", "3", "12:13: budgets[1].target: '3' is a number, and errors is a share; write it as 0.1 %"),
        ("[create user]", "[create usr]", "13:17: budgets[1].endpoints[0]: there is no endpoint 'create usr'; did"),
        ("name: errors", "name: tail", "10:11: budgets[1].name: 'tail' is the name of another one too; give one"),
        ("    flow: users.py", "    flow: a\n    flow: b", "17:5: 'flow' stands here a second time; keep one of"),
        ("service:", "servce:", "1:1: servce: there is no such key; did you mean 'service'?"),
        ("    flow: users.py", "    flo: users.py", "16:5: scenarios.smoke.flo: there is no such key; did you mean"),
        ("    flow: users.py\n", "", "16:5: scenarios.smoke: object missing required field `flow`"),
        ("  smoke:", "  smoke", "16:9: it is not YAML: mapping values are not allowed here"),
        ("{name: create user,", "{1: create user,", "4:7: service.endpoints[0]: a key of it is no text; quote what"),
        ("name: errors", "name: 404", "10:11: budgets[1].name: expected `str`, got `int`; put it in quotes, for it is"),
        (
            "name: errors",
            "name: {a: b}",
            "10:11: budgets[1].name: expected `str`, got `object`; put the text in quotes",
        ),
        (FILE, "", "1:1: file: expected `object`, got `null`"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_a_remedy(right: str, wrong: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_text(FILE.replace(right, wrong), "x.yaml")

    assert str(refused.value).startswith(f"x.yaml:{said}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"none\.yaml: it cannot be read"):
        read_file(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("written", "value", "unit"),
    [
        ("300 ms", 0.3, Unit.SECONDS),
        ("1 min", 60, Unit.SECONDS),
        ("0.1 %", 0.001, Unit.SHARE),
        ("1,000/s", 1000, Unit.PER_SECOND),
        ("128 MB", 128e6, Unit.BYTES),
        ("128MiB", 128 * 2**20, Unit.BYTES),
        ("4.5", 4.5, Unit.NUMBER),
        (5, 5, Unit.NUMBER),
    ],
)
def test_quantities_are_written_as_people_write_them(written: object, value: float, unit: Unit) -> None:
    read = amount_of(written)

    assert read.unit is unit
    assert read.value == pytest.approx(value)


@pytest.mark.parametrize("written", ["", "ms", "1,00/s", "-5 ms", "5 parsec", True, None, [1]])
def test_anything_else_is_no_quantity(written: object) -> None:
    with pytest.raises(ValueError, match="is no quantity; write it as"):
        amount_of(written)
