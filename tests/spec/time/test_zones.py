"""Rule: every IANA name has its zone, the same for all threads; any other is refused with what was likely meant."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path

import pytest
import tzdata
from hypothesis import given
from hypothesis import strategies as st

from natalis.errors import InvalidInput, UnknownZone
from natalis.zones.pinned import TzdataZones

ZONES = TzdataZones()


def zic_folder(at: Path, *names: str) -> Path:
    """Return a folder as `zic` writes it: compiled zones and nothing else."""
    with as_file(files("tzdata").joinpath("zoneinfo")) as pinned:
        for name in names:
            (at / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(pinned / name, at / name)
    return at


def test_the_release_is_that_of_the_pinned_package() -> None:
    assert ZONES.version == tzdata.IANA_VERSION


def test_every_name_has_a_zone_that_keeps_the_name() -> None:
    assert all(str(ZONES.get(name)) == name for name in ZONES.names())


def test_a_zone_is_read_once() -> None:
    assert ZONES.get("Europe/Kiev") is ZONES.get("Europe/Kiev")


def test_threads_that_ask_at_once_get_the_same_zone() -> None:
    zones = TzdataZones()
    names = sorted(zones.names())[:50]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: [zones.get(name) for name in names], range(16)))

    assert len({tuple(map(id, answer)) for answer in answers}) == 1


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Europe/Kyev", "Europe/Kyiv"),
        ("New York", "America/New_York"),
        ("new-york", "America/New_York"),
        ("europe/paris", "Europe/Paris"),
        ("EST5", "EST5EDT"),
        ("PST", "PST8PDT"),
        ("America/Sao Paulo", "America/Sao_Paulo"),
        ("Asia/Calcuta", "Asia/Calcutta"),
        ("Berlin", "Europe/Berlin"),
        ("Germany/Berlin", "Europe/Berlin"),
        ("GMT+1", "Etc/GMT+1"),
        (" Europe/Paris", "Europe/Paris"),
    ],
)
def test_an_unknown_name_is_refused_with_the_likely_one_first(name: str, meant: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        ZONES.get(name)

    assert refusal.value.nearest[0] == meant
    assert meant in refusal.value.remedy


@pytest.mark.parametrize(
    "name",
    [
        *("../../etc/passwd", "/etc/passwd", "Europe/../Europe/Paris", "./UTC", "Europe", "Europe/", "", "."),
        *("C:\\Windows", "zone.tab", "tzdata.zi", "Europe/Paris\0", "Europe/Paris\n", "x" * 100_000, "\ud800"),
    ],
)
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        ZONES.get(name)

    assert refusal.value.field == "timezone"
    assert "is not a time zone in the IANA database" in refusal.value.problem
    assert len(str(refusal.value)) < 300


@given(name=st.text(max_size=80).filter(lambda name: name not in ZONES.names()))
def test_any_other_text_is_refused_with_at_most_three_names_that_exist(name: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        ZONES.get(name)

    assert len(refusal.value.nearest) <= 3
    assert set(refusal.value.nearest) <= ZONES.names()


def test_what_was_refused_is_not_kept() -> None:
    zones = TzdataZones()

    for number in range(50):
        with pytest.raises(UnknownZone):
            zones.get(f"Nowhere/{number}")

    assert not zones._known


def test_a_folder_of_compiled_zones_is_a_release_of_its_own(tmp_path: Path) -> None:
    folder = zic_folder(tmp_path, "Europe/Paris", "America/Argentina/Ushuaia", "UTC")
    (folder / "README").write_text("not a zone")

    zones = TzdataZones(folder, "2099a")

    assert zones.version == "2099a"
    assert zones.names() == {"Europe/Paris", "America/Argentina/Ushuaia", "UTC"}
    assert datetime(2026, 6, 1, tzinfo=zones.get("Europe/Paris")).utcoffset() is not None
    with pytest.raises(UnknownZone):
        zones.get("Europe/Berlin")


def test_an_unpacked_package_says_its_release_itself() -> None:
    with as_file(files("tzdata")) as package:
        zones = TzdataZones(package)

        assert zones.version == tzdata.IANA_VERSION
        assert zones.names() == ZONES.names()
        assert str(zones.get("Europe/Paris")) == "Europe/Paris"


@pytest.mark.parametrize(
    ("file", "text"),
    [("version", "2099b\n"), ("+VERSION", "2099b\n"), ("tzdata.zi", "# version 2099b\n# more\n")],
)
def test_the_release_of_a_folder_is_read_where_systems_write_it(tmp_path: Path, file: str, text: str) -> None:
    folder = zic_folder(tmp_path, "UTC")
    (folder / file).write_text(text)

    assert TzdataZones(folder).version == "2099b"


def test_a_note_by_hand_beats_what_came_with_the_folder(tmp_path: Path) -> None:
    folder = zic_folder(tmp_path, "UTC")
    (folder / "tzdata.zi").write_text("# version 2026b\n")
    (folder / "version").write_text("2099a\n")

    assert TzdataZones(folder).version == "2099a"


def test_second_copies_that_count_leap_seconds_are_left_out(tmp_path: Path) -> None:
    folder = zic_folder(zic_folder(zic_folder(tmp_path, "UTC") / "right", "UTC").parent / "posix", "UTC").parent

    assert TzdataZones(folder, "2099a").names() == {"UTC"}


def test_a_folder_without_a_release_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not say which release") as refusal:
        TzdataZones(zic_folder(tmp_path, "UTC"))

    assert "version" in refusal.value.remedy


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_folder_without_zones_is_refused(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(InvalidInput, match="holds no time zones"):
        TzdataZones(tmp_path / folder, "2099a")


@pytest.mark.parametrize("damage", [b"", b"TZif2", b"TZif2" + bytes(60)])
def test_a_damaged_zone_is_an_error_that_says_so(tmp_path: Path, damage: bytes) -> None:
    folder = zic_folder(tmp_path, "UTC", "Europe/Paris")
    zones = TzdataZones(folder, "2099a")
    zones.names()
    (folder / "Europe/Paris").write_bytes(damage)

    with pytest.raises(InvalidInput, match="Europe/Paris"):
        zones.get("Europe/Paris")

    assert str(zones.get("UTC")) == "UTC"
