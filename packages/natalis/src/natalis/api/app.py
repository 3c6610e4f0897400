"""The application: every operation with what answers it, behind one gate and one exception handler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from starlette.routing import Route, Router

from natalis.api import bulk, deliveries, occasions, recipients, system, timeline, users
from natalis.api.access import is_loopback
from natalis.api.gate import Gate
from natalis.api.operation import Handler, Operation
from natalis.api.options import ApiOptions, ApiServices
from natalis.api.place import Answering, Place
from natalis.api.problems import NOT_FOUND, Refusal
from natalis.api.rate import RateLimiter
from natalis.api.reference import Reference
from natalis.api.refusals import refuse
from natalis.api.shell import Shell
from plimsoll.instrument import traces
from plimsoll.instrument.logs import request_id
from plimsoll.instrument.requests.asgi import Application, HttpMetrics, Receive, RequestWatch, Scope, Send
from plimsoll.instrument.requests.ids import Ids, RequestIds
from plimsoll.instrument.requests.lines import LineOptions, LoggedApplication, RequestLines
from plimsoll.instrument.requests.routes import RouteTemplates
from plimsoll.instrument.requests.spans import TracedApplication

Table: TypeAlias = list[tuple[Operation, Handler]]


class Api:
    """The application, as ASGI has it.

    Args:
        answering: Every operation with what answers it; of two paths that a request may mean, the one named first.
        gate: Stands before them.
        http: Counts requests.
        lines: Which requests have a line of log; None for none.

    Attributes:
        answering: As given.
    """

    def __init__(
        self, answering: Sequence[Answering], gate: Gate, http: HttpMetrics, lines: LineOptions | None = None
    ) -> None:
        self.answering = answering
        by_path: dict[str, list[Answering]] = {}
        for each in answering:
            by_path.setdefault(each.operation.path, []).append(each)
        routes = [Route(path, Place(here, gate)) for path, here in by_path.items()]
        self._router = Router(routes, redirect_slashes=False, default=self._elsewhere)
        # ids, HEAD and metrics come before routing, so that a path which leads nowhere has them too
        id_of = Ids().of if lines is None else _given
        watch = RequestWatch(http, RouteTemplates(self._router).template)
        outermost: Application = Shell(self._router, watch, id_of)
        if lines is not None:  # a path that nearly leads somewhere may hold a recipient's link
            outermost = LoggedApplication(outermost, RequestLines(lines, tells_unmatched=False))
        if traces.listening() is not None:
            outermost = TracedApplication(outermost)
        self._outermost = outermost if lines is None else RequestIds(outermost)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's questions whether we are ready and whether we have ended."""
        if scope["type"] in {"http", "lifespan"}:
            await self._outermost(scope, receive, send)

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer where no path leads; a slash at the end does not count."""
        path: str = scope["path"]
        trimmed = path.rstrip("/")
        if trimmed != path:
            scope["path"] = trimmed
            await self._router(scope, receive, send)
        else:
            await refuse(scope, Refusal(NOT_FOUND, NOT_FOUND.explained))(scope, receive, send)


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
    answering = [Answering(operation, handler, _limit(operation, options)) for operation, handler in table]
    return Api(answering, gate, services.http, options.lines)


def _given(_: Scope) -> str:
    """Return the id that a request was given further out, for its line to know it."""
    return request_id.get()


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
