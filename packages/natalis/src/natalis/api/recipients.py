"""What recipients ask for: a rating, no more messages; and the operators' list of who must not be written to."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPMethod

from msgspec import UNSET
from starlette.responses import Response

from natalis.api import problems
from natalis.api.operation import (
    FORM,
    HTML,
    JSON,
    Asked,
    Operation,
    Success,
    answer,
    body_of,
    check_media_type,
    empty,
    given,
    query_of,
)
from natalis.api.reading import read_json, read_query
from natalis.api.wire.recipient import (
    PageQuery,
    Rating,
    Suppression,
    SuppressionFields,
    SuppressionPage,
    SuppressionQuery,
)
from natalis.api.wire.render import suppression_shape
from natalis.ports.tokens import Scope
from natalis.usecases.feedback import GiveFeedback
from natalis.usecases.suppress import MANUAL, Suppress

TAG = "Recipients"
_LINK = {"token": ("0190c3f2.birthday.20261210.c2lnbmF0dXJlLW9mLW91cnM", "From the link in the message.")}
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title}</title><style>:root{{color-scheme:light dark}}body{{font:18px/1.5 system-ui,sans-serif;"
    "max-width:30rem;margin:15vh auto;padding:1rem;text-align:center}}button{{font:inherit;padding:.6rem 1.2rem}}"
    "</style><h1>{title}</h1>{rest}</html>"
)
_RATINGS = "".join(f'<button name="rating" value="{rating}">{rating}</button> ' for rating in range(1, 6))

RATE = Operation(
    HTTPMethod.POST,
    "/feedback/{token}",
    "giveFeedback",
    "Rate a message",
    "Stores the recipient's rating; the latest wins. The signed link is all the permission that is needed.",
    TAG,
    {204: Success("Stored.")},
    scope=None,
    body=Rating,
    media_types=(JSON, FORM),
    refusals=(problems.NOT_FOUND, problems.UNAVAILABLE),
    path_examples=_LINK,
    one_click=True,
)
RATE_PAGE = Operation(
    HTTPMethod.GET,
    "/feedback/{token}",
    "feedbackPage",
    "The page behind the link",
    "Asks for the rating. Opening it changes nothing, because mail scanners open links too.",
    TAG,
    {200: Success("The page.", media_type="text/html")},
    scope=None,
    path_examples=_LINK,
)
UNSUBSCRIBE = Operation(
    HTTPMethod.POST,
    "/unsubscribe/{token}",
    "unsubscribe",
    "Unsubscribe with one click",
    "Puts the recipient on the suppression list, as RFC 8058 has it: the body (`List-Unsubscribe=One-Click`) is not "
    "looked at, the signed link is all the permission that is needed, and repeating is harmless.",
    TAG,
    {200: Success("Nothing more will be sent.", media_type="text/html")},
    scope=None,
    refusals=(problems.UNAVAILABLE,),
    path_examples=_LINK,
    one_click=True,
)
UNSUBSCRIBE_PAGE = Operation(
    HTTPMethod.GET,
    "/unsubscribe/{token}",
    "unsubscribePage",
    "The page behind the link",
    "Asks to confirm. Opening it changes nothing, because mail scanners open links too.",
    TAG,
    {200: Success("The page.", media_type="text/html")},
    scope=None,
    path_examples=_LINK,
)
LIST = Operation(
    HTTPMethod.GET,
    "/suppressions",
    "listSuppressions",
    "Who must not be written to",
    "Lists suppressed addresses, by address.",
    TAG,
    {200: Success("A page of addresses.", SuppressionPage)},
    scope=Scope.ADMIN,
    query=PageQuery,
)
ADD = Operation(
    HTTPMethod.PUT,
    "/suppressions",
    "suppress",
    "Suppress an address",
    "No message is sent to it from now on; one already on the list keeps its first reason.",
    TAG,
    {200: Success("As asked for.", Suppression)},
    scope=Scope.ADMIN,
    body=SuppressionFields,
)
REMOVE = Operation(
    HTTPMethod.DELETE,
    "/suppressions",
    "unsuppress",
    "Take an address off the list",
    "Messages are sent to it again.",
    TAG,
    {204: Success("Taken off.")},
    scope=Scope.ADMIN,
    query=SuppressionQuery,
    refusals=(problems.NOT_FOUND,),
)


@dataclass(frozen=True, slots=True)
class RecipientRoutes:
    """What answers for recipients."""

    feedback: GiveFeedback
    suppressing: Suppress

    async def rate(self, request: Asked) -> Response:
        """Answer `POST /feedback/{token}`."""
        if check_media_type(request) == FORM:
            rating = read_query(await request.body(), Rating)
        else:
            rating = read_json(await request.body(), Rating)
        await self.feedback.rate(request.path_params["token"], rating.rating)
        return empty()

    async def rate_page(self, request: Asked) -> Response:  # noqa: ARG002 - every handler takes it
        """Answer `GET /feedback/{token}`."""
        return _page("How was your message?", f'<form method="post">{_RATINGS}</form>')

    async def unsubscribe(self, request: Asked) -> Response:
        """Answer `POST /unsubscribe/{token}`."""
        await self.suppressing.unsubscribe(request.path_params["token"])
        return _page("You are unsubscribed", "<p>Nothing more will be sent to you.</p>")

    async def unsubscribe_page(self, request: Asked) -> Response:  # noqa: ARG002 - every handler takes it
        """Answer `GET /unsubscribe/{token}`."""
        return _page("Unsubscribe?", '<form method="post"><button>Send me nothing more</button></form>')

    async def list(self, request: Asked) -> Response:
        """Answer `GET /suppressions`."""
        query = query_of(request, PageQuery)
        page = await self.suppressing.list(limit=query.limit, cursor=given(query.cursor))
        return answer(SuppressionPage([suppression_shape(each) for each in page.items], page.cursor))

    async def add(self, request: Asked) -> Response:
        """Answer `PUT /suppressions`."""
        fields = await body_of(request, SuppressionFields)
        reason = MANUAL if fields.reason is UNSET else fields.reason
        return answer(suppression_shape(await self.suppressing.add(fields.email, reason)))

    async def remove(self, request: Asked) -> Response:
        """Answer `DELETE /suppressions`."""
        await self.suppressing.remove(query_of(request, SuppressionQuery).email)
        return empty()


def _page(title: str, rest: str) -> Response:
    headers = {"Content-Security-Policy": _PAGE_POLICY}
    return Response(_PAGE.format(title=title, rest=rest), headers=headers, media_type=HTML)
