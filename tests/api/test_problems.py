"""Problem details: every error has its answer, and no answer says more than it should."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from natalis import errors
from natalis.api.problems import BY_ERROR, KINDS, Refusal, answer_to, faults_of
from natalis.testing.http_api import Api


def _tree(root: type[errors.NatalisError]) -> Iterator[type[errors.NatalisError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)


@pytest.mark.parametrize("error", list(_tree(errors.NatalisError)))
def test_every_error_of_the_tree_is_mapped_by_its_own_name(error: type[errors.NatalisError]) -> None:
    assert error in BY_ERROR


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidInput("email", "is empty", "give one"), 422),
        (errors.UnknownZone("Europe/Pariss", ("Europe/Paris",)), 422),
        (errors.InvalidFields((errors.InvalidInput("email", "is empty", "give one"),)), 422),
        (errors.NotFound("user", "x"), 404),
        (errors.EmailTaken("ada@example.org"), 409),
        (errors.PreconditionFailed("version 1", "version 2"), 412),
        (errors.RequestKeyReused("key"), 422),
        (errors.IllegalTransition("x:birthday:2026-01-01", "sent", "scheduled"), 409),
        (errors.NotPermitted("no"), 403),
        (errors.StoreUnavailable("/var/lib/natalis.db is locked"), 503),
        (errors.TransportUnavailable("amqp://guest:guest@broker"), 503),
        (errors.ProviderUnavailable("http://provider"), 503),
    ],
)
def test_an_error_has_the_status_that_says_whose_turn_it_is(error: errors.NatalisError, status: int) -> None:
    assert answer_to(error).problem.status == status


def test_every_faulty_field_is_named_with_what_would_be_right() -> None:
    error = errors.InvalidFields(
        (
            errors.InvalidInput("email", "is empty", "give one"),
            errors.UnknownZone("Europe/Pariss", ("Europe/Paris",)),
        )
    )

    faults = answer_to(error).problem.errors

    assert [(fault.field, fault.remedy) for fault in faults] == [
        ("email", "give one"),
        ("timezone", "use an IANA name such as Europe/Paris"),
    ]


@pytest.mark.parametrize(
    "error", [RuntimeError("secret path /etc"), errors.SettingsInvalid(("PASSWORD is wrong",)), ValueError("SELECT 1")]
)
def test_what_was_not_foreseen_is_a_500_that_says_nothing_of_it(error: Exception) -> None:
    told = answer_to(error, "id-1")

    assert told.problem.status == 500
    assert str(error) not in told.body().decode()
    assert told.problem.request_id == "id-1"


def test_an_unavailable_dependency_says_when_to_come_back_and_nothing_of_where_it_is() -> None:
    told = answer_to(errors.TransportUnavailable("amqp://guest:guest@broker"))

    assert int(told.headers["Retry-After"]) > 0
    assert "guest" not in told.body().decode()


def test_the_callers_own_words_come_back_short_and_as_utf_8() -> None:
    told = answer_to(errors.InvalidInput("\ud800" * 10_000, "x" * 10_000, "\udcff"))

    assert len(told.body()) < 5_000
    told.body().decode("utf-8")


def test_every_kind_has_a_name_of_its_own() -> None:
    slugs = [kind.slug for kind in KINDS]

    assert len(slugs) == len(set(slugs))


def test_an_error_that_is_no_fields_fault_names_none() -> None:
    assert faults_of(errors.StoreUnavailable("gone")) == []


async def test_what_breaks_inside_is_answered_as_a_problem_without_a_trace(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def explode(_: str) -> None:
        raise RuntimeError("the secret path /etc/natalis")

    monkeypatch.setattr(api.services.users, "read", explode)

    came = await api.client.get("/user/1")

    assert came.status_code == 500
    assert came.headers["content-type"] == "application/problem+json"
    assert "secret" not in came.text
    assert came.json()["requestId"] == came.headers["X-Request-Id"]


async def test_a_type_resolves_to_its_explanation_on_the_reference_page(api: Api) -> None:
    page = (await api.client.get("/docs")).text

    assert all(f'id="{kind.type.partition("#")[2]}"' in page for kind in KINDS)


def test_a_refusal_keeps_its_headers() -> None:
    told = answer_to(Refusal(KINDS[0], "no", headers={"Allow": "GET"}))

    assert told.headers == {"Allow": "GET"}
