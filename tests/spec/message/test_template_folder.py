"""Rules: a folder of templates is read whole, or every fault in it is told with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from natalis.errors import SettingsInvalid
from natalis.wording.folder import load_templates

KINDS = ("birthday", "anniversary")
SOUND = "Subject: Hi\n\nHi"


def problems_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as caught:
        load_templates(folder, kinds=KINDS)
    return caught.value.problems


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "birthday.txt").write_text("Subject: Hi\n\nHey {nmae}")
    (tmp_path / "anniversary.txt").write_text("Hey")
    (tmp_path / "anniversary.pt.html").write_text("<p>Oi")
    told = problems_of(tmp_path)
    assert [problem.split(": ")[0] for problem in told] == [
        "anniversary.txt:1",
        "anniversary.pt.html:1",
        "birthday.txt:3",
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("brithday.txt", "use birthday"),
        ("birthday.text", "is not the name of a template"),
        ("birthday.pt_BR.txt", "is not the name of a template"),
        ("Birthday.txt", "is not the name of a template"),
    ],
)
def test_a_misspelt_name_is_a_fault(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / name).write_text(SOUND)
    assert told in problems_of(tmp_path)[0]


def test_notes_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("How we greet")
    (tmp_path / ".birthday.txt.swp").write_bytes(b"\xff")
    assert load_templates(tmp_path, kinds=KINDS) == load_templates(None, kinds=KINDS)


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert "TEMPLATES" in problems_of(tmp_path / "nowhere")[0]


def test_a_file_that_is_not_utf8_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "birthday.txt").write_bytes("Subject: Hi\n\nRenée".encode("latin-1"))
    assert "birthday.txt: cannot be read" in problems_of(tmp_path)[0]


def test_a_file_from_windows_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "birthday.txt").write_bytes(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())
    windows = load_templates(tmp_path, kinds=KINDS)
    (tmp_path / "birthday.txt").write_text(SOUND)
    assert windows == load_templates(tmp_path, kinds=KINDS)


def test_what_a_folder_leaves_out_is_packaged(tmp_path: Path) -> None:
    (tmp_path / "anniversary.txt").write_text(SOUND)
    assert load_templates(tmp_path, kinds=KINDS).find("birthday", None) == load_templates(None, kinds=KINDS).find(
        "birthday", None
    )
