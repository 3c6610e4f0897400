"""Users: create, read, change, delete, list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPMethod

from msgspec import UNSET, UnsetType
from starlette.responses import Response

from natalis.api import problems
from natalis.api.etag import expected_versions, is_known, tag_of
from natalis.api.gate import check_scope
from natalis.api.operation import Asked, Header, Operation, Success, answer, body_of, empty, given, query_of
from natalis.api.problems import FieldFault, Refusal
from natalis.api.wire.render import person_shape, user_shape
from natalis.api.wire.user import DeleteQuery, Person, User, UserFields, UserPage, UserQuery
from natalis.api.wire.words import USER_ID
from natalis.domain.intake import UserInput
from natalis.errors import InvalidFields, InvalidInput
from natalis.ports.people import Repeated
from natalis.ports.tokens import Scope
from natalis.usecases.manage_users import ManageUsers

TAG = "Users"
USER_PATH = {"user_id": (USER_ID, "The user's id.")}
ETAG = Header("ETag", "The user's version.", '"3"')
IF_MATCH = Header("If-Match", "Change only while the user has this `ETag`; 412 otherwise.", '"3"')
_THIS_USER = {"user_id": "$response.body#/id"}
_LINKED = ("readUser", "changeUser", "replaceUser", "putOccasion", "explainYear", "deleteUser")
_LINKS = dict.fromkeys(_LINKED, _THIS_USER)
_REPLAYED = Header("Idempotency-Replayed", "`true` when the key came before: nothing was created now.", "true")

CREATE = Operation(
    HTTPMethod.POST,
    "/user",
    "createUser",
    "Add a user",
    "Stores a user and computes when the first message is due. With an `Idempotency-Key` the same request may be "
    "repeated for a day: it creates one user and answers the same.",
    TAG,
    {
        201: Success(
            "The user, as stored.",
            User,
            (Header("Location", "Where the user is.", f"/user/{USER_ID}"), ETAG, _REPLAYED),
            links=_LINKS,
        )
    },
    scope=Scope.WRITE,
    body=UserFields,
    refusals=(problems.EMAIL_TAKEN, problems.REQUEST_KEY_REUSED),
    headers=(
        Header("Idempotency-Key", "Makes the request safe to repeat; 1 to 255 characters.", "8e03978e-40d5-43dd-bc93"),
    ),
)
READ = Operation(
    HTTPMethod.GET,
    "/user/{user_id}",
    "readUser",
    "Show a user",
    "Returns a living user with every yearly date.",
    TAG,
    {
        200: Success("The user.", Person, (ETAG,)),
        304: Success("You have this version already.", headers=(ETAG,)),
    },
    refusals=(problems.NOT_FOUND,),
    headers=(Header("If-None-Match", "An `ETag` that is known already: 304 when it still holds.", '"3"'),),
    path_examples=USER_PATH,
)
CHANGE = Operation(
    HTTPMethod.PATCH,
    "/user/{user_id}",
    "changeUser",
    "Change a user",
    "Takes any subset of the fields. Deliveries that are pending follow a new birthday or zone in the same "
    "transaction.",
    TAG,
    {200: Success("The user, as stored.", Person, (ETAG,))},
    scope=Scope.WRITE,
    body=UserFields,
    refusals=(problems.NOT_FOUND, problems.EMAIL_TAKEN, problems.PRECONDITION_FAILED),
    headers=(IF_MATCH,),
    path_examples=USER_PATH,
)
REPLACE = Operation(
    HTTPMethod.PUT,
    "/user/{user_id}",
    "replaceUser",
    "Change a user",
    "The same as `PATCH`: fields that are left out stay as they are.",
    TAG,
    CHANGE.successes,
    scope=Scope.WRITE,
    body=UserFields,
    refusals=CHANGE.refusals,
    headers=(IF_MATCH,),
    path_examples=USER_PATH,
)
DELETE = Operation(
    HTTPMethod.DELETE,
    "/user/{user_id}",
    "deleteUser",
    "Delete a user",
    "Deletes softly: the address becomes free and pending deliveries are cancelled in the same transaction. With "
    "`erase=true` (scope `admin`) every personal datum goes for good, also of a user deleted before.",
    TAG,
    {204: Success("Deleted.")},
    scope=Scope.WRITE,
    query=DeleteQuery,
    refusals=(problems.NOT_FOUND, problems.PRECONDITION_FAILED),
    headers=(IF_MATCH,),
    path_examples=USER_PATH,
)
LIST = Operation(
    HTTPMethod.GET,
    "/user",
    "listUsers",
    "List users",
    "Lists living users by id, or the one with an address.",
    TAG,
    {200: Success("A page of users.", UserPage)},
    query=UserQuery,
)


@dataclass(frozen=True, slots=True)
class UserRoutes:
    """What answers for users."""

    users: ManageUsers

    async def create(self, request: Asked) -> Response:
        """Answer `POST /user`."""
        fields = await body_of(request, UserFields)
        key = request.headers.get("idempotency-key")
        with _as_sent(fields):
            came = await self.users.create(_input(fields), idempotency_key=key)
        headers = {"Location": f"/user/{came.user.id}", "ETag": tag_of(came.user.version)}
        if isinstance(came, Repeated):
            headers["Idempotency-Replayed"] = "true"
        return answer(user_shape(came.user), 201, headers)

    async def read(self, request: Asked) -> Response:
        """Answer `GET /user/{id}`."""
        person = await self.users.read(request.path_params["user_id"])
        headers = {"ETag": tag_of(person.user.version), "Cache-Control": "private, no-cache"}
        if is_known(request.headers.get("if-none-match"), person.user.version):
            return empty(304, headers)
        return answer(person_shape(person), headers=headers)

    async def change(self, request: Asked) -> Response:
        """Answer `PATCH` and `PUT /user/{id}`."""
        user_id = request.path_params["user_id"]
        fields = await body_of(request, UserFields)
        versions = expected_versions(request.headers.get("if-match"))
        with _as_sent(fields):
            person = await self.users.amend(user_id, _input(fields), versions=versions)
        return answer(person_shape(person), headers={"ETag": tag_of(person.user.version)})

    async def delete(self, request: Asked) -> Response:
        """Answer `DELETE /user/{id}`."""
        erase = query_of(request, DeleteQuery).erase
        if erase:
            check_scope(request, Scope.ADMIN)
        versions = expected_versions(request.headers.get("if-match"))
        await self.users.remove(request.path_params["user_id"], erase=erase, versions=versions)
        return empty()

    async def list(self, request: Asked) -> Response:
        """Answer `GET /user`."""
        query = query_of(request, UserQuery)
        page = await self.users.list(email=given(query.email), limit=query.limit, cursor=given(query.cursor))
        return answer(UserPage([user_shape(user) for user in page.items], page.cursor))


def _input(fields: UserFields) -> UserInput:
    return UserInput(
        _text(fields.first_name),
        _text(fields.last_name),
        _text(fields.email),
        _one_of("birthdayDate", fields.birthday_date, "birthday", fields.birthday),
        _one_of("timezone", fields.timezone, "location", fields.location),
        _text(fields.locale),
        _text(fields.leap_day),
    )


def _text(value: str | UnsetType | None) -> str | None:
    """Return what was given: None when it was left out, empty for null."""
    return None if value is UNSET else value or ""


def _one_of(name: str, value: str | UnsetType, alias: str, other: str | UnsetType) -> str | None:
    if value is not UNSET and other is not UNSET:
        raise Refusal(
            problems.INVALID,
            f"{name} and {alias} are the same field.",
            [FieldFault(alias, f"says the same as {name}", f"give {name} alone")],
        )
    return _text(other if value is UNSET else value)


@contextmanager
def _as_sent(fields: UserFields) -> Iterator[None]:
    """Call a faulty field by the name that the caller used for it."""
    names: dict[str, str] = {}
    if fields.birthday is not UNSET:
        names["birthdayDate"] = "birthday"
    if fields.location is not UNSET:
        names["timezone"] = "location"
    try:
        yield
    except InvalidFields as error:
        raise InvalidFields(tuple(_renamed(problem, names) for problem in error.problems)) from error


def _renamed(problem: InvalidInput, names: Mapping[str, str]) -> InvalidInput:
    return InvalidInput(names.get(problem.field, problem.field), problem.problem, problem.remedy)
