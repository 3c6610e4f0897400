"""The HTTP API as tests want it: the real application over a real store, on a clock that moves when it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, BinaryIO

from httpx import ASGITransport, AsyncClient

from natalis.api.app import create_app
from natalis.api.options import ApiOptions, ApiServices
from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.domain.planning import decide_plans
from natalis.formats.detect import OpenFile, open_people
from natalis.formats.reading import Reading
from natalis.ports.clock import Clock
from natalis.ports.store import Store
from natalis.ports.tokens import Scope
from natalis.testing.builders import NOON, ZONES, a_rulebook
from natalis.usecases.deliveries import ManageDeliveries
from natalis.usecases.feedback import GiveFeedback
from natalis.usecases.forecast import ForecastDay
from natalis.usecases.import_people import ImportPeople
from natalis.usecases.manage_occasions import ManageOccasions
from natalis.usecases.manage_users import ManageUsers
from natalis.usecases.readiness import CheckReadiness
from natalis.usecases.suppress import Suppress
from natalis.usecases.tokens import ManageTokens
from natalis.usecases.upcoming import ListUpcoming
from natalis.usecases.why import ExplainYear
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import HttpMetrics

ADA = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "email": "ada@example.org",
    "birthdayDate": "1985-12-10",
    "timezone": "Europe/London",
}


def open_rows(file: BinaryIO, name: str, encoding: str | None) -> OpenFile:
    """Open a file of people as the runtime does for the API."""
    return open_people(file, name=name, reading=Reading(encoding=encoding))


def services_over(store: Store, clock: Clock) -> ApiServices:
    """Wire every use case over a store."""
    cache, book, registry = MemoryCache(clock), a_rulebook(), Registry()
    return ApiServices(
        users=ManageUsers(store.people, cache, clock, book),
        occasions=ManageOccasions(store.people, cache, clock, book),
        importing=ImportPeople(store.people, store.facts, cache, clock, book),
        open_people=open_rows,
        deliveries=ManageDeliveries(store.ledger, store.desk, cache, clock, book),
        upcoming=ListUpcoming(store.ledger, cache, clock, ZONES.get),
        forecast=ForecastDay(store.ledger, cache, book),
        why=ExplainYear(store.history, store.people, clock, book),
        feedback=GiveFeedback(store.feedback, store.facts, clock),
        suppress=Suppress(store.suppressions, store.people, store.facts, clock),
        tokens=ManageTokens(store.tokens, cache, clock),
        readiness=CheckReadiness({"store": store.connection.ping}, clock),
        clock=clock,
        registry=registry,
        http=HttpMetrics(registry),
    )


@dataclass(frozen=True, slots=True)
class Api:
    """The application, and a client that asks it without a socket in between."""

    client: AsyncClient
    services: ApiServices
    store: Store
    clock: VirtualClock

    async def add(self, **fields: Any) -> dict[str, Any]:
        """Add a user; `fields` come in place of Ada's."""
        came = await self.client.post("/user", json=ADA | fields)
        came.raise_for_status()
        found: dict[str, Any] = came.json()
        return found

    async def plan(self, days: int = 366) -> None:
        """Plan every delivery that fires within `days`."""
        now, book = self.clock.now(), a_rulebook()
        await self.store.plans.plan(
            until=now + timedelta(days=days), limit=1000, now=now, decide=lambda due: decide_plans(due, book)
        )

    async def miss(self, days: int = 366) -> None:
        """Let `days` pass without a dispatcher, so that what was planned is missed."""
        self.clock.advance(timedelta(days=days))
        await self.store.outbox.expire(now=self.clock.now(), limit=1000)

    async def bearer(self, scope: Scope) -> dict[str, str]:
        """Make a token and return the header that presents it."""
        made = await self.services.tokens.create(f"{scope} token", scope)
        self.clock.advance(timedelta(seconds=5))  # past the moment for which "no tokens" is remembered
        return {"Authorization": f"Bearer {made.secret}"}


@asynccontextmanager
async def started_api(store: Store, **options: Any) -> AsyncIterator[Api]:
    """Start the application over a store; `options` are those of `ApiOptions`."""
    clock = VirtualClock(NOON)
    services = services_over(store, clock)
    app = create_app(services, replace(ApiOptions(), **options))
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Api(client, services, store, clock)
