"""The process itself: alive, ready, measured, documented."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPMethod

from starlette.responses import Response

from natalis.api.operation import HTML, JSON, Asked, Operation, Success, answer
from natalis.api.reference import Reference
from natalis.api.wire.render import readiness_shape
from natalis.api.wire.system import Health, Readiness
from natalis.usecases.readiness import CheckReadiness
from plimsoll.instrument.exposition import scraped
from plimsoll.instrument.registry import Registry

TAG = "System"
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

HEALTH = Operation(
    HTTPMethod.GET,
    "/health",
    "health",
    "Is the process alive?",
    "Touches no dependency.",
    TAG,
    {200: Success("It is.", Health)},
    scope=None,
)
READY = Operation(
    HTTPMethod.GET,
    "/ready",
    "ready",
    "Can it serve?",
    "Asks every dependency and says how fast each answered.",
    TAG,
    {200: Success("It can.", Readiness), 503: Success("It cannot now.", Readiness)},
    scope=None,
)
METRICS = Operation(
    HTTPMethod.GET,
    "/metrics",
    "metrics",
    "Metrics",
    "In Prometheus' text format; also on a port of its own (`METRICS_PORT`), where no token is needed.",
    TAG,
    {200: Success("The metrics.", media_type="text/plain")},
)
OPENAPI = Operation(
    HTTPMethod.GET,
    "/openapi.json",
    "openapi",
    "This document",
    "The OpenAPI 3.1 document.",
    TAG,
    {200: Success("The document.")},
    scope=None,
)
DOCS = Operation(
    HTTPMethod.GET,
    "/docs",
    "docs",
    "The reference",
    "The same as a page that needs no network and no script.",
    TAG,
    {200: Success("The page.", media_type="text/html")},
    scope=None,
)
OPERATIONS = (HEALTH, READY, METRICS, OPENAPI, DOCS)


@dataclass(frozen=True, slots=True)
class SystemRoutes:
    """What answers for the process."""

    readiness: CheckReadiness
    registry: Registry
    reference: Reference

    async def health(self, request: Asked) -> Response:  # noqa: ARG002 - every handler takes it
        """Answer `GET /health`."""
        return answer(Health())

    async def ready(self, request: Asked) -> Response:  # noqa: ARG002 - every handler takes it
        """Answer `GET /ready`."""
        found = await self.readiness.ready()
        return answer(readiness_shape(found), 200 if found.ready else 503)

    async def metrics(self, request: Asked) -> Response:
        """Answer `GET /metrics`."""
        asked = request.headers
        told = await scraped(self.registry, asked.get("accept", ""), asked.get("accept-encoding", ""))
        return Response(told.body, headers={name.decode(): value.decode() for name, value in told.headers})

    async def openapi(self, request: Asked) -> Response:  # noqa: ARG002 - every handler takes it
        """Answer `GET /openapi.json`."""
        return Response(self.reference.document, headers={"Cache-Control": "no-cache"}, media_type=JSON)

    async def docs(self, request: Asked) -> Response:  # noqa: ARG002 - every handler takes it
        """Answer `GET /docs`."""
        headers = {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-cache"}
        return Response(self.reference.page, headers=headers, media_type=HTML)
