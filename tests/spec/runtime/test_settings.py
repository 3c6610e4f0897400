"""Rules of the settings: read from file and environment, refused as a whole with every fault named."""

from __future__ import annotations

import logging
from datetime import time, timedelta
from pathlib import Path

import pytest

from natalis.domain.occasion import Until, Within
from natalis.domain.yearly_date import LeapDay
from natalis.errors import SettingsInvalid
from natalis.runtime.front_doors import rate_limit, request_lines
from natalis.runtime.settings import choices, load
from plimsoll.instrument.requests.lines import LineOptions


def problems_of(environ: dict[str, str], folder: Path) -> str:
    with pytest.raises(SettingsInvalid) as caught:
        load(environ, folder=folder)
    return "\n".join(caught.value.problems)


def test_nothing_chosen_means_one_process_on_this_machine(tmp_path: Path) -> None:
    settings = load({}, folder=tmp_path)
    assert (settings.database_url, settings.host, settings.port) == ("sqlite:natalis.db", "127.0.0.1", 3000)
    assert settings.metrics_port == 9464
    assert settings.kinds["birthday"].send_time == time(9)


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / "natalis.toml").write_text('port = 4000\nworker_lease = "10s"\n')
    settings = load({"NATALIS_PORT": "5000"}, folder=tmp_path)
    assert (settings.port, settings.worker_lease) == (5000, timedelta(seconds=10))


def test_a_rate_of_zero_lifts_the_default_limit(tmp_path: Path) -> None:
    assert load({}, folder=tmp_path).catch_up_rate == 1000
    assert load({"NATALIS_CATCH_UP_RATE": "0"}, folder=tmp_path).catch_up_rate is None


def test_an_api_key_comes_from_the_environment_or_from_a_table(tmp_path: Path) -> None:
    (tmp_path / "natalis.toml").write_text('[provider_headers]\nAuthorization = "Bearer a"\n')
    assert load({}, folder=tmp_path).provider_headers == {"Authorization": "Bearer a"}
    environ = {"NATALIS_PROVIDER_HEADERS": '{"Authorization": "Bearer b"}'}
    assert load(environ, folder=tmp_path).provider_headers == {"Authorization": "Bearer b"}


def test_a_faulty_secret_is_not_repeated(tmp_path: Path) -> None:
    assert "hunter2" not in problems_of({"NATALIS_PROVIDER_HEADERS": "hunter2"}, tmp_path)


def test_a_password_inside_an_address_is_not_shown() -> None:
    shown = choices()["queue_url"].shown("amqp://ada:secret@one:5672,amqp://ada:secret@two:5672")
    assert shown == "amqp://ada:***@one:5672,amqp://ada:***@two:5672"


def test_a_faulty_address_is_refused_without_its_password(tmp_path: Path) -> None:
    assert "secret" not in problems_of({"DATABASE_URL": "mysql://ada:secret@host/x"}, tmp_path)


def test_a_value_that_is_a_secret_says_so() -> None:
    assert [choice.name for choice in choices().values() if choice.is_secret] == ["provider_headers", "sentry_dsn"]


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_REPLICA_URL", "QUEUE_URL", "REDIS_URL"])
@pytest.mark.parametrize(
    "rest",
    ["u:sec/ret@host/x", "u:sec?ret@host/x", "u:sec#ret@host/x", "u:sec@ret@host/x", "u:secret@host:port", "[::1/x"],
)
def test_an_address_that_cannot_be_read_is_refused_without_its_password(name: str, rest: str, tmp_path: Path) -> None:
    scheme = {"QUEUE_URL": "amqp", "REDIS_URL": "redis"}.get(name, "postgresql")

    problems = problems_of({"DATABASE_URL": "postgresql://host/x", name: f"{scheme}://{rest}"}, tmp_path)

    assert f"{name}: " in problems
    assert "%23" in problems
    assert "sec" not in problems


def test_several_nodes_may_each_have_a_password(tmp_path: Path) -> None:
    nodes = "amqp://ada:one@a:5672,b:5672/x, amqps://ada:two@c/x"

    assert load({"DATABASE_URL": "postgresql://host/x", "QUEUE_URL": nodes}, folder=tmp_path).queue_url == nodes


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:secret@host/x", "postgresql://ada:***@host/x"),
        ("postgresql://host/x?user=ada&password=secret", "postgresql://host/x?user=ada&password=***"),
        ("postgresql://host/x?sslPassword=secret&a=b", "postgresql://host/x?sslPassword=***&a=b"),
        ("postgresql://ada@host/x", "postgresql://ada@host/x"),
    ],
)
def test_an_address_is_shown_without_its_passwords(url: str, shown: str) -> None:
    assert choices()["database_url"].shown(url) == shown


def test_a_fleet_is_named_by_its_addresses(tmp_path: Path) -> None:
    environ = {
        "DATABASE_URL": "postgresql://natalis@db/natalis",
        "DATABASE_REPLICA_URL": "postgresql://natalis@replica/natalis",
        "QUEUE_URL": "amqp://one,amqp://two",
        "REDIS_URL": "redis://cache",
    }
    settings = load(environ, folder=tmp_path)
    assert settings.is_fleet
    assert settings.queue_url == "amqp://one,amqp://two"
    assert not load({}, folder=tmp_path).is_fleet


def test_kinds_are_tables_of_rules(tmp_path: Path) -> None:
    (tmp_path / "natalis.toml").write_text(
        '[kinds.birthday]\nsend_time = "08:30"\nlateness = "until 18:00"\n'
        '[kinds.name-day]\nleap_day = "omit"\nspread = "10m"\nlateness = "2h"\n'
    )
    kinds = load({}, folder=tmp_path).kinds
    assert (kinds["birthday"].send_time, kinds["birthday"].lateness) == (time(8, 30), Until(time(18)))
    assert (kinds["name-day"].leap_day, kinds["name-day"].spread) == (LeapDay.OMIT, timedelta(minutes=10))
    assert kinds["name-day"].lateness == Within(timedelta(hours=2))
    assert "anniversary" in kinds


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("NATALIS_PROT", "1", "did you mean NATALIS_PORT"),
        ("NATALIS_PORT", "many", "whole number"),
        ("NATALIS_PORT", "70000", "65535"),
        ("NATALIS_WORKER_LEASE", "soon", "span of time"),
        ("NATALIS_WORKER_LEASE", "99999999999d", "shorter span"),
        ("NATALIS_WORKER_LEASE", "0s", "longer than nothing"),
        ("NATALIS_ON_UNKNOWN", "pray", "retry or hold"),
        ("NATALIS_PROVIDER_URL", "ftp://x", "web address"),
        ("NATALIS_PROVIDER_RATE", "-1", "zero or more"),
        ("NATALIS_PROVIDER_HEADERS", "Authorization", "JSON object"),
        ("NATALIS_PROVIDER_HEADERS", '{"X-Count": 1}', "JSON object"),
        ("NATALIS_PROVIDER_RECOGNISES_REPEATS", "perhaps", "true or false"),
        ("NATALIS_CONFIG", "/nowhere/natalis.toml", "cannot be read"),
        ("DATABASE_URL", "mysql://x", "sqlite:PATH or postgresql://"),
        ("DATABASE_URL", "sqlite:", "sqlite:PATH"),
        ("QUEUE_URL", "kafka://x", "amqp://"),
        ("QUEUE_URL", "amqp://x", "set DATABASE_URL to postgresql://"),
        ("DATABASE_REPLICA_URL", "postgresql://x", "set DATABASE_URL to postgresql://"),
        ("REDIS_URL", "memcached://x", "redis://"),
        ("WORKER_CONCURRENCY", "0", "1 or more"),
    ],
)
def test_a_value_that_will_not_do_is_named_with_its_remedy(
    tmp_path: Path, variable: str, value: str, words: str
) -> None:
    problem = problems_of({variable: value}, tmp_path)
    assert variable in problem
    assert words in problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", "did you mean port"),
        ("[kinds.birthday]\nsend_tim = '09:00'", "use send_time"),
        ("[kinds.birthday]\nsend_time = 'nine'", "such as 09:00"),
        ("[kinds.birthday]\nlateness = 'until 08:00'", "before the send time"),
        ("[kinds.birthday]\nleap_day = 'skip'", "backward, forward or omit"),
        ("[kinds.'Big Day']\nsend_time = '09:00'", "lower-case letters"),
        ("kinds = 3", "tables"),
        ("port = ", "natalis.toml"),
    ],
)
def test_a_faulty_file_is_refused_with_its_remedy(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "natalis.toml").write_text(text)
    assert words in problems_of({}, tmp_path)


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    problem = problems_of({"NATALIS_PORT": "x", "NATALIS_HORIZON": "y", "NATALIS_NONE": "z"}, tmp_path)
    assert all(name in problem for name in ("NATALIS_PORT", "NATALIS_HORIZON", "NATALIS_NONE"))


@pytest.mark.parametrize(
    ("host", "chosen", "per_second"),
    [("127.0.0.1", "5", None), ("10.0.0.1", None, 100), ("10.0.0.1", "5", 5), ("10.0.0.1", "0", None)],
)
def test_clients_are_limited_where_others_can_call_unless_told_not_to(
    tmp_path: Path, host: str, chosen: str | None, per_second: float | None
) -> None:
    environ = {"NATALIS_HOST": host} | ({} if chosen is None else {"NATALIS_API_RATE": chosen})
    limit = rate_limit(load(environ, folder=tmp_path))
    assert (limit and limit.per_second) == per_second


def test_what_is_shown_can_be_set_again() -> None:
    for choice in choices().values():
        if not choice.is_secret:
            assert choice.reads(choice.shown(choice.default)) == choice.default, choice.name


def test_every_setting_says_what_it_does() -> None:
    assert all(choice.doc for choice in choices().values())


def test_what_is_kept_is_kept_long_enough_to_know_who_had_a_message_this_year(tmp_path: Path) -> None:
    fleet = {"DATABASE_URL": "postgresql://natalis@db/natalis"}

    assert load({**fleet, "NATALIS_KEEP_DELIVERIES": "800d"}, folder=tmp_path).keep_deliveries == timedelta(days=800)
    assert load({**fleet, "NATALIS_KEEP_DELIVERIES": "0s"}, folder=tmp_path).keep_deliveries == timedelta(0)
    assert "366d or more" in problems_of({**fleet, "NATALIS_KEEP_DELIVERIES": "365d"}, tmp_path)


def test_a_file_that_would_keep_deliveries_all_the_same_is_not_told_otherwise(tmp_path: Path) -> None:
    assert "postgresql://" in problems_of({"NATALIS_KEEP_DELIVERIES": "800d"}, tmp_path)


@pytest.mark.parametrize(
    ("environ", "level"),
    [
        ({}, None),
        ({"LOG_LEVEL": "debug"}, logging.DEBUG),
        ({"LOG_LEVEL": "debug", "LOG_REQUESTS": "0"}, None),
        ({"LOG_REQUESTS": "1"}, logging.INFO),
        ({"LOG_LEVEL": "error", "LOG_REQUESTS": "warning"}, logging.WARNING),
    ],
)
def test_requests_have_lines_where_they_or_everything_is_asked_for(
    environ: dict[str, str], level: int | None, tmp_path: Path
) -> None:
    options = request_lines(load(environ | {"LOG_SLOW_REQUESTS": "250ms"}, folder=tmp_path))

    assert options == (None if level is None else LineOptions(level, timedelta(milliseconds=250)))


def test_an_unknown_choice_of_requests_is_refused_with_those_there_are(tmp_path: Path) -> None:
    assert "write auto or 0 or " in problems_of({"LOG_REQUESTS": "yes"}, tmp_path)
