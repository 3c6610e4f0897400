"""The application: every operation with what answers it, behind one gate and one exception handler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from natalis.api import bulk, deliveries, occasions, recipients, system, timeline, users
from natalis.api.access import is_loopback
from natalis.api.gate import Gate
from natalis.api.operation import Asked, Handler, Operation, empty
from natalis.api.options import ApiOptions, ApiServices
from natalis.api.rate import RateLimiter
from natalis.api.reference import Reference
from natalis.api.refusals import refuse
from natalis.api.response import Response, Stream
from natalis.api.router import Router, route_of
from natalis.api.shell import Shell
from plimsoll.instrument.asgi import HttpMetrics, InstrumentedApplication, Receive, Scope, Send

Table: TypeAlias = list[tuple[Operation, Handler]]


@dataclass(frozen=True, slots=True)
class Route:
    """An operation with what answers it."""

    operation: Operation
    handler: Handler
    body_limit: int


class Api:
    """The application, as ASGI has it.

    Args:
        routes: Every operation with what answers it.
        gate: Stands before them.
        http: Counts requests.

    Attributes:
        routes: As given.
    """

    def __init__(self, routes: Sequence[Route], gate: Gate, http: HttpMetrics) -> None:
        self.routes = routes
        self._router = Router((route.operation.method.value, route.operation.path, route) for route in routes)
        self._gate = gate
        # ids, HEAD and metrics come before routing, so that a path which leads nowhere has them too
        self._outermost = InstrumentedApplication(Shell(self._answer), http)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._outermost(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._response(scope, receive)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            response = refuse(scope, error)
        await response.write(send)

    async def _response(self, scope: Scope, receive: Receive) -> Response | Stream:
        place, params = self._router.find(scope["path"])
        method: str = scope["method"]
        if method == "OPTIONS":
            scope["path_template"] = place.path
            return empty(headers={"Allow": place.allowed})
        route = route_of(place, method)
        scope["path_template"] = place.path
        request = Asked(scope, receive, route.operation, params, route.body_limit)
        await self._gate.admit(request)
        return await route.handler(request)


async def _live(receive: Receive, send: Send) -> None:
    """Answer the server's questions whether we are ready, and whether we have ended: there is nothing to do."""
    while True:
        asked = (await receive())["type"]
        await send({"type": f"{asked}.complete"})
        if asked == "lifespan.shutdown":
            return


def create_app(services: ApiServices, options: ApiOptions) -> Api:
    """Return the application; it holds no state but the buckets of its rate limiter.

    Args:
        services: The use cases behind it.
        options: How it behaves.
    """
    table = _table(services)
    operations = [*(operation for operation, _ in table), *system.OPERATIONS]
    reference = Reference(operations, options.version, needs_token=not is_loopback(options.listen))
    table += _system(services, reference)
    limiter = None if options.rate is None else options.limiter or RateLimiter(options.rate)
    gate = Gate(services.tokens, services.clock, options.listen, limiter)
    routes = [Route(operation, handler, _limit(operation, options)) for operation, handler in table]
    return Api(routes, gate, services.http)


def _limit(operation: Operation, options: ApiOptions) -> int:
    return options.bulk_limit if operation is bulk.BULK else options.body_limit


def _table(services: ApiServices) -> Table:
    of_users = users.UserRoutes(services.users)
    of_occasions = occasions.OccasionRoutes(services.occasions)
    of_bulk = bulk.BulkRoutes(services.importing, services.open_people)
    return [
        (users.CREATE, of_users.create),
        (users.LIST, of_users.list),
        (bulk.BULK, of_bulk.add),
        (users.READ, of_users.read),
        (users.CHANGE, of_users.change),
        (users.REPLACE, of_users.change),
        (users.DELETE, of_users.delete),
        (occasions.PUT, of_occasions.put),
        (occasions.DELETE, of_occasions.delete),
        *_deliveries(deliveries.DeliveryRoutes(services.deliveries)),
        *_timeline(services),
        *_recipients(recipients.RecipientRoutes(services.feedback, services.suppress)),
    ]


def _deliveries(routes: deliveries.DeliveryRoutes) -> Table:
    return [
        (deliveries.LIST, routes.list),
        (deliveries.REPLAY, routes.replay),
        (deliveries.SHOW, routes.show),
        (deliveries.RETRY, routes.retry),
        (deliveries.CANCEL, routes.cancel),
    ]


def _timeline(services: ApiServices) -> Table:
    routes = timeline.TimelineRoutes(services.upcoming, services.forecast, services.why, services.clock)
    return [
        (timeline.UPCOMING, routes.list_upcoming),
        (timeline.FORECAST, routes.forecast_day),
        (timeline.LEDGER, routes.explain_year),
    ]


def _recipients(routes: recipients.RecipientRoutes) -> Table:
    return [
        (recipients.RATE, routes.rate),
        (recipients.RATE_PAGE, routes.rate_page),
        (recipients.UNSUBSCRIBE, routes.unsubscribe),
        (recipients.UNSUBSCRIBE_PAGE, routes.unsubscribe_page),
        (recipients.LIST, routes.list),
        (recipients.ADD, routes.add),
        (recipients.REMOVE, routes.remove),
    ]


def _system(services: ApiServices, reference: Reference) -> Table:
    routes = system.SystemRoutes(services.readiness, services.registry, reference)
    return [
        (system.HEALTH, routes.health),
        (system.READY, routes.ready),
        (system.METRICS, routes.metrics),
        (system.OPENAPI, routes.openapi),
        (system.DOCS, routes.docs),
    ]
