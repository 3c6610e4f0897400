"""The wiring: from settings to an open store with its use cases, and to a provider. Only `runtime/` names adapters."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from natalis.caches.memory import Heard
from natalis.domain.rulebook import Rulebook
from natalis.domain.signed_link import Links
from natalis.domain.writing import Templates, Writer
from natalis.ports.cache import Cache
from natalis.ports.clock import Clock
from natalis.ports.provider import Provider
from natalis.ports.store import Store
from natalis.ports.zones import Zones
from natalis.providers.console import ConsoleProvider
from natalis.providers.http import HttpProvider
from natalis.providers.http_options import HttpOptions
from natalis.runtime.adapters import Operated, open_cache, open_store
from natalis.runtime.settings import Settings
from natalis.usecases.deliveries import ManageDeliveries
from natalis.usecases.feedback import GiveFeedback, link_secret
from natalis.usecases.forecast import ForecastDay
from natalis.usecases.import_people import ImportPeople
from natalis.usecases.manage_occasions import ManageOccasions
from natalis.usecases.manage_users import ManageUsers
from natalis.usecases.move_zones import MoveZones
from natalis.usecases.suppress import Suppress
from natalis.usecases.tokens import ManageTokens
from natalis.usecases.upcoming import ListUpcoming
from natalis.usecases.why import ExplainYear
from natalis.wording.folder import load_templates
from natalis.zones.pinned import TzdataZones


@dataclass(frozen=True, slots=True)
class Application:
    """Everything a front door may call, over one open store."""

    settings: Settings
    instance: str
    clock: Clock
    store: Store
    zones: Zones
    book: Rulebook
    cache: Cache
    templates: Templates
    users: ManageUsers
    occasions: ManageOccasions
    importing: ImportPeople
    deliveries: ManageDeliveries
    upcoming: ListUpcoming
    forecast: ForecastDay
    why: ExplainYear
    tokens: ManageTokens
    feedback: GiveFeedback
    suppress: Suppress
    move_zones: MoveZones


@contextlib.asynccontextmanager
async def open_application(
    settings: Settings,
    clock: Clock,
    *,
    exclusive: bool = False,
    busy: bool = False,
    heard: Heard | None = None,
    operated: Operated | None = None,
    measured: Callable[[Store], Store] = lambda store: store,
) -> AsyncIterator[Application]:
    """Open the store and the cache and put the use cases over them; both are closed whatever happens.

    Args:
        settings: What the operator chose.
        clock: The machine's, or a virtual one.
        exclusive: Whether this process is to own a SQLite file, because it runs the services.
        busy: Whether this process answers many people at once, and wants connections for them.
        heard: Told of every look-up in the cache.
        operated: Told of every operation of Redis.
        measured: Puts its measure around the store.

    Raises:
        StoreUnavailable: The database cannot be opened, or another process owns the file.
        SettingsInvalid: A template will not do.
    """
    templates = load_templates(settings.templates, kinds=frozenset(settings.kinds))
    instance = f"{socket.gethostname()}-{secrets.token_hex(4)}"
    async with contextlib.AsyncExitStack() as stack:
        store = await open_store(settings, clock, instance=instance, exclusive=exclusive, busy=busy)
        stack.push_async_callback(store.connection.close)
        cache = await stack.enter_async_context(open_cache(settings, clock, heard, operated))
        yield assemble(settings, clock, measured(store), templates, cache, instance=instance)


def assemble(
    settings: Settings, clock: Clock, store: Store, templates: Templates, cache: Cache, *, instance: str
) -> Application:
    """Put the use cases over an open store."""
    zones = TzdataZones()
    book = Rulebook(settings.kinds, zones.get)
    return Application(
        settings=settings,
        instance=instance,
        clock=clock,
        store=store,
        zones=zones,
        book=book,
        cache=cache,
        templates=templates,
        users=ManageUsers(store.people, cache, clock, book),
        occasions=ManageOccasions(store.people, cache, clock, book),
        importing=ImportPeople(store.people, store.facts, cache, clock, book),
        deliveries=ManageDeliveries(store.ledger, store.desk, cache, clock, book),
        upcoming=ListUpcoming(store.ledger, cache, clock, zones.get),
        forecast=ForecastDay(store.ledger, cache, book),
        why=ExplainYear(store.history, store.people, clock, book),
        tokens=ManageTokens(store.tokens, cache, clock),
        feedback=GiveFeedback(store.feedback, store.facts, clock),
        suppress=Suppress(store.suppressions, store.people, store.facts, clock),
        move_zones=MoveZones(store.plans, store.facts, cache, zones, settings.kinds),
    )


def open_provider(settings: Settings, clock: Clock) -> Provider:
    """Return the provider that the settings name: an HTTP e-mail service, or the terminal."""
    if settings.provider_url is None:
        return ConsoleProvider()
    return HttpProvider(
        HttpOptions(
            url=settings.provider_url,
            path=settings.provider_path,
            headers=settings.provider_headers,
            body=settings.provider_body,
            key_header=settings.provider_key_header,
            allow_plain_http=settings.provider_allow_plain_http,
            recognises_repeats=settings.provider_recognises_repeats,
            connections=settings.worker_concurrency,
            timeout=settings.provider_timeout,
        ),
        clock,
    )


async def writer_of(application: Application) -> Writer:
    """Return what writes the messages, with signed links where recipients can reach the API."""
    base = application.settings.public_url
    if base is None:
        return Writer(application.templates)
    return Writer(application.templates, Links(base, await link_secret(application.store.facts)))
