"""The application: every operation with what answers it, behind one gate and one exception handler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

from litestar import Litestar, Response
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler

from natalis.api import bulk, deliveries, occasions, recipients, system, timeline, users
from natalis.api.access import is_loopback
from natalis.api.gate import Gate
from natalis.api.operation import Asked, Operation, empty, mount
from natalis.api.options import ApiOptions, ApiServices
from natalis.api.rate import RateLimiter
from natalis.api.reference import Reference
from natalis.api.refusals import refuse
from natalis.api.shell import Shell
from plimsoll.instrument.asgi import Application, InstrumentedApplication

Table: TypeAlias = list[tuple[Operation, Callable[..., Any]]]


class _Api(Litestar):
    """Litestar inside a shell: what happens before routing - ids, HEAD, metrics - happens to unmatched paths too."""

    def __init__(self, services: ApiServices, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._outermost = InstrumentedApplication(Shell(cast("Application", super().__call__)), services.http)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        await self._outermost(scope, receive, send)


def create_app(services: ApiServices, options: ApiOptions) -> Litestar:
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
    routes = [mount(operation, handler, body_limit=_limit(operation, options)) for operation, handler in table]
    return _Api(
        services,
        route_handlers=[*_options(operations), *routes],
        guards=[gate.admit],
        exception_handlers={Exception: refuse},
        openapi_config=None,
        logging_config=None,
    )


def _options(operations: Sequence[Operation]) -> list[HTTPRouteHandler]:
    """Return what answers OPTIONS on every path; Litestar's own names the methods of the first handler only."""
    methods: dict[str, list[str]] = {}
    for operation in operations:
        also = ["HEAD"] if operation.method is HttpMethod.GET else []
        methods.setdefault(operation.path, []).extend([operation.method.value, *also])
    return [_options_of(path, ", ".join(sorted([*allowed, "OPTIONS"]))) for path, allowed in methods.items()]


def _options_of(path: str, allowed: str) -> HTTPRouteHandler:
    async def answer_options(request: Asked) -> Response[None]:  # noqa: ARG001 - every handler takes it
        return empty(headers={"Allow": allowed})

    return HTTPRouteHandler(path, http_method=HttpMethod.OPTIONS)(answer_options)


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
