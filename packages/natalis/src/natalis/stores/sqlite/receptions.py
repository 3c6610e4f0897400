"""Receiving arrivals: who is added, who came before, whose address is taken - decided once for a whole batch."""

from __future__ import annotations

from collections.abc import Sequence

from natalis.domain.person import RequestKey
from natalis.domain.user import User, email_key
from natalis.ports.people import Added, Arrival, KeyReused, Reception, Repeated, Taken
from natalis.stores.sqlite.instants import stored
from natalis.stores.sqlite.rows import UserRow, occasion_columns, user_columns
from natalis.stores.sqlite.session import Row, Session, as_json


class _Request(Row):
    key: str
    digest: str
    user_id: str


class _Known:
    """What is taken so far: by the store, and by the earlier arrivals of the same call."""

    def __init__(self, holders: dict[str, User], requests: dict[str, tuple[str, User]]) -> None:
        self._holders = holders
        self._requests = requests

    def receive(self, arrival: Arrival, address: str) -> Reception:
        request, user = arrival.request, arrival.user
        if request is not None and request.key in self._requests:
            digest, made = self._requests[request.key]
            return Repeated(made) if digest == request.digest else KeyReused(request.key)
        if address in self._holders:
            return Taken(self._holders[address])
        self._holders[address] = user
        if request is not None:
            self._requests[request.key] = (request.digest, user)
        return Added(user)


def receive_all(session: Session, arrivals: Sequence[Arrival]) -> list[Reception]:
    """Add whom there is no reason not to add; return what came of each arrival, in order."""
    addresses = [email_key(arrival.user.profile.email) for arrival in arrivals]
    known = _Known(_holders(session, addresses), _requests(session, arrivals))
    receptions = [known.receive(*each) for each in zip(arrivals, addresses, strict=True)]
    added = [
        (arrival, address)
        for arrival, address, came in zip(arrivals, addresses, receptions, strict=True)
        if isinstance(came, Added)
    ]
    if added:
        _write(session, added)
    return receptions


def _holders(session: Session, addresses: Sequence[str]) -> dict[str, User]:
    rows = session.rows("holders_of_emails", UserRow, email_keys=as_json(addresses))
    return {email_key(row.email): row.user() for row in rows}


def _requests(session: Session, arrivals: Sequence[Arrival]) -> dict[str, tuple[str, User]]:
    asked = [(arrival.request, arrival.user) for arrival in arrivals if arrival.request is not None]
    if not asked:
        return {}
    session.run("expired_requests_forgotten", now=min(stored(user.created_at) for _, user in asked))
    known = session.rows("requests_known", _Request, keys=as_json({request.key for request, _ in asked}))
    rows = session.rows("users_by_id", UserRow, ids=as_json({request.user_id for request in known}))
    users = {row.id: row.user() for row in rows}
    return {request.key: (request.digest, users[request.user_id]) for request in known}


def _write(session: Session, added: Sequence[tuple[Arrival, str]]) -> None:
    session.run("add_users", rows=as_json(user_columns(arrival.user, address) for arrival, address in added))
    occasions = (occasion_columns(each, arrival.user.profile) for arrival, _ in added for each in arrival.occasions)
    session.run("put_occasions", rows=as_json(occasions))
    requests = [_request_columns(arrival.request, arrival.user) for arrival, _ in added if arrival.request is not None]
    if requests:
        session.run("add_requests", rows=as_json(requests))


def _request_columns(request: RequestKey, user: User) -> tuple[str, str, str, int]:
    return (request.key, request.digest, user.id, stored(request.expires_at))
