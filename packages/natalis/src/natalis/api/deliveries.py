"""Deliveries: list, show, retry, cancel, replay."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPMethod

from starlette.responses import Response

from natalis.api import problems
from natalis.api.instants import instant_in
from natalis.api.operation import Asked, Operation, Success, answer, given, query_of
from natalis.api.wire.delivery import (
    Delivery,
    DeliveryDetail,
    DeliveryPage,
    DeliveryQuery,
    Replayed,
    ReplayManyQuery,
    ReplayQuery,
)
from natalis.api.wire.render import delivery_shape, detail_shape
from natalis.api.wire.words import USER_ID
from natalis.domain.delivery import DeliveryKey
from natalis.ports.ledger import DeliveryFilter
from natalis.ports.tokens import Scope
from natalis.usecases.deliveries import ManageDeliveries

TAG = "Deliveries"
_PATH = {"delivery_id": (f"{USER_ID}:birthday:2026-12-10", "The delivery's id, `user id:kind:occasion date`.")}
_FIRST = {"delivery_id": "$response.body#/items/0/id"}
_LINKS = dict.fromkeys(("showDelivery", "retryDelivery", "cancelDelivery"), _FIRST)
_MOVES = (problems.NOT_FOUND, problems.ILLEGAL_TRANSITION)

LIST = Operation(
    HTTPMethod.GET,
    "/deliveries",
    "listDeliveries",
    "List deliveries",
    "Lists deliveries by fire time, earliest first.",
    TAG,
    {200: Success("A page of deliveries.", DeliveryPage, links=_LINKS)},
    query=DeliveryQuery,
)
SHOW = Operation(
    HTTPMethod.GET,
    "/deliveries/{delivery_id}",
    "showDelivery",
    "Show a delivery",
    "Returns a delivery with every attempt: when, which worker, what the provider answered.",
    TAG,
    {200: Success("The delivery.", DeliveryDetail)},
    refusals=(problems.NOT_FOUND,),
    path_examples=_PATH,
)
RETRY = Operation(
    HTTPMethod.POST,
    "/deliveries/{delivery_id}/retry",
    "retryDelivery",
    "Send again",
    "Schedules a `failed` or `missed` delivery again, due now, with a new window.",
    TAG,
    {202: Success("The delivery, scheduled.", Delivery)},
    scope=Scope.WRITE,
    refusals=_MOVES,
    path_examples=_PATH,
)
CANCEL = Operation(
    HTTPMethod.POST,
    "/deliveries/{delivery_id}/cancel",
    "cancelDelivery",
    "Cancel",
    "Cancels a delivery that has not begun; none takes its place that year.",
    TAG,
    {202: Success("The delivery, cancelled.", Delivery)},
    scope=Scope.WRITE,
    refusals=_MOVES,
    path_examples=_PATH,
)
REPLAY = Operation(
    HTTPMethod.POST,
    "/deliveries/replay",
    "replayDeliveries",
    "Send many again",
    "Schedules the `failed` and `missed` deliveries that match the filter again, each with a new window.",
    TAG,
    {202: Success("How many.", Replayed)},
    scope=Scope.WRITE,
    query=ReplayManyQuery,
)


@dataclass(frozen=True, slots=True)
class DeliveryRoutes:
    """What answers for deliveries."""

    deliveries: ManageDeliveries

    async def list(self, request: Asked) -> Response:
        """Answer `GET /deliveries`."""
        query = query_of(request, DeliveryQuery)
        page = await self.deliveries.list(_filter(query), limit=query.limit, cursor=given(query.cursor))
        return answer(DeliveryPage([delivery_shape(each) for each in page.items], page.cursor))

    async def show(self, request: Asked) -> Response:
        """Answer `GET /deliveries/{id}`."""
        return answer(detail_shape(*await self.deliveries.show(_key(request))))

    async def retry(self, request: Asked) -> Response:
        """Answer `POST /deliveries/{id}/retry`."""
        return answer(delivery_shape(await self.deliveries.retry(_key(request))), 202)

    async def cancel(self, request: Asked) -> Response:
        """Answer `POST /deliveries/{id}/cancel`."""
        return answer(delivery_shape(await self.deliveries.cancel(_key(request))), 202)

    async def replay(self, request: Asked) -> Response:
        """Answer `POST /deliveries/replay`."""
        query = query_of(request, ReplayManyQuery)
        return answer(Replayed(await self.deliveries.replay(_filter(query), limit=query.limit)), 202)


def _key(request: Asked) -> DeliveryKey:
    return DeliveryKey.parse(request.path_params["delivery_id"])


def _filter(query: ReplayQuery) -> DeliveryFilter:
    return DeliveryFilter(
        given(query.status),
        given(query.kind),
        given(query.user_id),
        instant_in(given(query.from_), "from"),
        instant_in(given(query.to), "to"),
    )
