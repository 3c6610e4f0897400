"""What will be sent, how much that will be, and what happened to one user and why."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPMethod

from starlette.responses import Response

from natalis.api import problems
from natalis.api.instants import date_in
from natalis.api.operation import Asked, Operation, Success, answer, given, query_of
from natalis.api.users import USER_PATH
from natalis.api.wire.render import explanation_shape, forecast_shape, upcoming_shape
from natalis.api.wire.timeline import (
    Forecast,
    ForecastQuery,
    Ledger,
    LedgerQuery,
    UpcomingPage,
    UpcomingQuery,
)
from natalis.ports.clock import Clock
from natalis.usecases.forecast import ForecastDay
from natalis.usecases.upcoming import ListUpcoming
from natalis.usecases.why import ExplainYear

TAG = "Timeline"

UPCOMING = Operation(
    HTTPMethod.GET,
    "/upcoming",
    "listUpcoming",
    "What will be sent, when",
    "Lists messages by fire time: deliveries that are planned, and occasions that are not yet.",
    TAG,
    {200: Success("A page of messages.", UpcomingPage)},
    query=UpcomingQuery,
)
FORECAST = Operation(
    HTTPMethod.GET,
    "/forecast",
    "forecastDay",
    "How many messages on a date",
    "Counts messages per minute of a date (UTC) with today's people and rules, and says where that exceeds a limit.",
    TAG,
    {200: Success("The forecast.", Forecast)},
    query=ForecastQuery,
)
LEDGER = Operation(
    HTTPMethod.GET,
    "/user/{user_id}/ledger",
    "explainYear",
    "What happened in a year, and why",
    "Gives the one answer for every kind of occasion, with the instants and the rules that led to it; also of users "
    "that were deleted, unless they were erased.",
    TAG,
    {200: Success("The answers.", Ledger)},
    query=LedgerQuery,
    refusals=(problems.NOT_FOUND,),
    path_examples=USER_PATH,
)


@dataclass(frozen=True, slots=True)
class TimelineRoutes:
    """What answers for past and future."""

    upcoming: ListUpcoming
    forecast: ForecastDay
    why: ExplainYear
    clock: Clock

    async def list_upcoming(self, request: Asked) -> Response:
        """Answer `GET /upcoming`."""
        query = query_of(request, UpcomingQuery)
        page = await self.upcoming.list(
            days=query.days, timezone=given(query.timezone), limit=query.limit, cursor=given(query.cursor)
        )
        return answer(UpcomingPage([upcoming_shape(item) for item in page.items], page.cursor))

    async def forecast_day(self, request: Asked) -> Response:
        """Answer `GET /forecast`."""
        query = query_of(request, ForecastQuery)
        return answer(forecast_shape(await self.forecast.on(date_in(query.date, "date"), limit=given(query.limit))))

    async def explain_year(self, request: Asked) -> Response:
        """Answer `GET /user/{id}/ledger`."""
        query = query_of(request, LedgerQuery)
        user_id = request.path_params["user_id"]
        asked = given(query.year)
        year = self.clock.now().year if asked is None else asked
        found = await self.why.of_user(user_id, year)
        return answer(Ledger(user_id, year, [explanation_shape(each) for each in found]))
