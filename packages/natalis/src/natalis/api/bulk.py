"""Many people at once: a body of any length streams to a temporary file, and the result of every row streams out.

The body is taken in whole before the first row lands, because few clients read an answer while they still send; what
is held in memory meanwhile is a mebibyte. From there on it is the same import as on the command line.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass
from http import HTTPMethod
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import BinaryIO, TypeAlias, cast

import msgspec
from starlette.responses import Response, StreamingResponse

from natalis.api.operation import JSON, NDJSON, Asked, Operation, Success, answer, check_media_type, given, query_of
from natalis.api.users import TAG
from natalis.api.wire.bulk import BulkQuery, BulkRow, BulkSummary, RowResult
from natalis.ports.people_file import PeopleFile
from natalis.ports.tokens import Scope
from natalis.usecases.import_people import ImportPeople
from natalis.usecases.import_result import Outcome, Progress, Result, Tally, Wanted
from plimsoll.instrument.requests.asgi import Receive, Send
from plimsoll.instrument.requests.asgi import Scope as ASGIScope

OpenPeople: TypeAlias = Callable[[BinaryIO, str, str | None], PeopleFile]
"""Opens a seekable file of people.

The texts are a file name that says its format, such as `.csv`, and the encoding; None to find it out.
"""

IN_MEMORY = 1024 * 1024  # bytes of a body before it goes to disk
REPORTED = 1000  # rows of a summary that did not land
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        NDJSON: ".ndjson",
        "application/ndjson": ".ndjson",
        "application/jsonl": ".ndjson",
        "text/csv": ".csv",
        "text/vcard": ".vcf",
    }
)
_CHARSET = re.compile(r"""; *charset=["']?([^"';\s]+)""", re.IGNORECASE)
_LOG = logging.getLogger("natalis.api")
_NOT_LANDED = frozenset({Outcome.BAD, Outcome.CONFLICT})

BULK = Operation(
    HTTPMethod.POST,
    "/user/bulk",
    "addUsers",
    "Add many users",
    "Takes NDJSON, CSV with a header, or vCards. Good rows land; every row is answered for in one line of NDJSON, and "
    "the last line is the summary - or, with `Accept: application/json`, the summary alone with the rows that did not "
    "land. Rows whose address is known with the same data come out `unchanged`, so that it is safe to repeat.",
    TAG,
    {
        200: Success(
            "What became of every row, then the summary.",
            RowResult,
            media_type=NDJSON,
            alternatives={JSON: BulkSummary},
        )
    },
    scope=Scope.WRITE,
    query=BulkQuery,
    body=BulkRow,
    media_types=tuple(_NAMES),
)


class _Lines(StreamingResponse):
    """Ends when the client goes away, and then closes what the lines come from, wherever that was."""

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        async with aclosing(cast("AsyncGenerator[bytes]", self.body_iterator)):
            await super().__call__(scope, receive, send)


@dataclass(frozen=True, slots=True)
class BulkRoutes:
    """What answers for many users at once."""

    importing: ImportPeople
    open_people: OpenPeople

    async def add(self, request: Asked) -> Response:
        """Answer `POST /user/bulk`."""
        query = query_of(request, BulkQuery)
        media_type = check_media_type(request)
        file = cast("BinaryIO", SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - closed when its rows end
        try:
            async for chunk in request.stream():
                file.write(chunk)
            people = self.open_people(file, _NAMES[media_type], _encoding_of(request, media_type))
            wanted = Wanted(given(query.timezone), query.update, query.dry_run, restart=True)
            progress = self.importing.run(people, wanted)
            first = await anext(progress)  # what is wrong with the request as a whole is raised here, before 200
        except BaseException:
            file.close()
            raise
        following = _closing(file, first, progress)
        if request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip() == JSON:
            return answer(await _summary(following))
        return _Lines(_lines(following), media_type=NDJSON)


def _encoding_of(request: Asked, media_type: str) -> str | None:
    """Return what `charset` says; JSON is UTF-8 whatever is said (RFC 8259 section 8.1)."""
    if _NAMES[media_type] == ".ndjson":
        return "utf-8"
    told = _CHARSET.search(request.headers.get("content-type", ""))
    return None if told is None else told[1]


async def _closing(file: BinaryIO, first: Progress, rest: AsyncIterator[Progress]) -> AsyncGenerator[Progress]:
    try:
        yield first
        async for progress in rest:
            yield progress
    finally:
        file.close()


async def _lines(progress: AsyncGenerator[Progress]) -> AsyncGenerator[bytes, None]:
    """Write every row's result, then the summary; a failure half-way is the last line instead of it."""
    encode = msgspec.json.Encoder().encode_lines
    try:
        async with aclosing(progress):
            async for each in progress:
                if each.results:
                    yield encode([_row(result) for result in each.results])
                if each.finished:
                    yield encode([_counts(each.tally)])
    except Exception:  # noqa: BLE001 - the status has been sent; all that is left to say is that the rest did not land
        _LOG.exception("a bulk import broke off")
        yield b'{"brokenOff":true,"remedy":"send the same body again: rows that landed come out unchanged"}\n'


async def _summary(progress: AsyncIterator[Progress]) -> BulkSummary:
    left: list[RowResult] = []
    tally = Tally()
    async for each in progress:
        tally = each.tally
        left += [_row(result) for result in each.results if result.outcome in _NOT_LANDED][: REPORTED - len(left)]
    return _counts(tally, left)


def _row(result: Result) -> RowResult:
    return RowResult(result.line, result.outcome.value, result.user_id, result.reason)


def _counts(tally: Tally, left: list[RowResult] | None = None) -> BulkSummary:
    return BulkSummary(rows=tally.rows, **asdict(tally), not_landed=left or [])
