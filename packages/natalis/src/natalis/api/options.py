"""What the front door is made of: the use cases behind it, and how it is to behave."""

from __future__ import annotations

from dataclasses import dataclass

from natalis.api.bulk import OpenPeople
from natalis.api.rate import Limiter, RateLimit
from natalis.ports.clock import Clock
from natalis.usecases.deliveries import ManageDeliveries
from natalis.usecases.feedback import GiveFeedback
from natalis.usecases.forecast import ForecastDay
from natalis.usecases.import_people import ImportPeople
from natalis.usecases.manage_occasions import ManageOccasions
from natalis.usecases.manage_users import ManageUsers
from natalis.usecases.readiness import CheckReadiness
from natalis.usecases.suppress import Suppress
from natalis.usecases.tokens import ManageTokens
from natalis.usecases.upcoming import ListUpcoming
from natalis.usecases.why import ExplainYear
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import HttpMetrics
from plimsoll.instrument.requests.lines import LineOptions

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ApiServices:
    """The use cases behind the front door."""

    users: ManageUsers
    occasions: ManageOccasions
    importing: ImportPeople
    open_people: OpenPeople
    deliveries: ManageDeliveries
    upcoming: ListUpcoming
    forecast: ForecastDay
    why: ExplainYear
    feedback: GiveFeedback
    suppress: Suppress
    tokens: ManageTokens
    readiness: CheckReadiness
    clock: Clock
    registry: Registry
    http: HttpMetrics


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """How the front door behaves.

    Attributes:
        listen: The address that the server listens on: decides whether a token is needed.
        version: Of Natalis, for the OpenAPI document.
        body_limit: Bytes of a JSON body.
        bulk_limit: Bytes of a body of `POST /user/bulk`, which goes to disk.
        rate: What one client may do; None for no limit.
        limiter: Sees to it; None for one that knows only this process.
        lines: Which requests have a line of log; None for none.
    """

    listen: str = "127.0.0.1"
    version: str = "0"
    body_limit: int = MEBIBYTE
    bulk_limit: int = 1024 * MEBIBYTE
    rate: RateLimit | None = None
    limiter: Limiter | None = None
    lines: LineOptions | None = None
