"""A user's further yearly dates: set and take away."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPMethod

from msgspec import UNSET
from starlette.responses import Response

from natalis.api import problems
from natalis.api.etag import expected_versions, tag_of
from natalis.api.operation import Asked, Operation, Success, answer, body_of, empty
from natalis.api.users import ETAG, IF_MATCH, TAG, USER_PATH
from natalis.api.wire.render import person_shape
from natalis.api.wire.user import OccasionFields, Person
from natalis.ports.tokens import Scope
from natalis.usecases.manage_occasions import ManageOccasions

_PATH = {**USER_PATH, "kind": ("anniversary", "A kind that is configured, but not `birthday`.")}

PUT = Operation(
    HTTPMethod.PUT,
    "/user/{user_id}/occasions/{kind}",
    "putOccasion",
    "Set a yearly date",
    "Gives a user a further yearly date, or changes it; its pending delivery follows.",
    TAG,
    {200: Success("The user with every yearly date.", Person, (ETAG,))},
    scope=Scope.WRITE,
    body=OccasionFields,
    refusals=(problems.NOT_FOUND, problems.PRECONDITION_FAILED),
    headers=(IF_MATCH,),
    path_examples=_PATH,
)
DELETE = Operation(
    HTTPMethod.DELETE,
    "/user/{user_id}/occasions/{kind}",
    "deleteOccasion",
    "Take a yearly date away",
    "Its pending delivery is cancelled in the same transaction.",
    TAG,
    {204: Success("Taken away.")},
    scope=Scope.WRITE,
    refusals=(problems.NOT_FOUND, problems.PRECONDITION_FAILED),
    headers=(IF_MATCH,),
    path_examples=_PATH,
)


@dataclass(frozen=True, slots=True)
class OccasionRoutes:
    """What answers for yearly dates."""

    occasions: ManageOccasions

    async def put(self, request: Asked) -> Response:
        """Answer `PUT /user/{id}/occasions/{kind}`."""
        fields = await body_of(request, OccasionFields)
        path = request.path_params
        leap_day = None if fields.leap_day is UNSET else fields.leap_day
        versions = expected_versions(request.headers.get("if-match"))
        person = await self.occasions.put(path["user_id"], path["kind"], fields.date, leap_day, versions=versions)
        return answer(person_shape(person), headers={"ETag": tag_of(person.user.version)})

    async def delete(self, request: Asked) -> Response:
        """Answer `DELETE /user/{id}/occasions/{kind}`."""
        path, versions = request.path_params, expected_versions(request.headers.get("if-match"))
        await self.occasions.remove(path["user_id"], path["kind"], versions=versions)
        return empty()
