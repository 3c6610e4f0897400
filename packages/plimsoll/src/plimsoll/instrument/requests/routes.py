"""Which route answered a request, as a template: `/user/{user_id}`, with the prefixes of mounted applications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from plimsoll.instrument.redaction import REDACTED, is_secret

UNMATCHED: Final = "unmatched"
"""The route of a request that no route matches: a scanner's paths must not become labels."""
_REMEMBERED: Final = 1_000
"""How many paths of mounted applications, and how many routes, are remembered with their templates."""


def route_template(scope: MutableMapping[str, Any]) -> str:
    """Return the template of the matched route, such as `/user/{user_id}`, or `unmatched`.

    Reads what Litestar (`path_template`), FastAPI (`fastapi`) and Starlette (`route`) leave in the scope. A mounted
    application's prefix is as it was called, which is right where it has no parameters: `RouteTemplates` knows better.
    """
    own = _own_template(scope)
    return own if own == UNMATCHED else _mounted_at(scope) + own or "/"


def told_path(path: str, scope: MutableMapping[str, Any]) -> str:
    """Return a path as logs and traces may have it: without what its route calls a token or the like.

    Args:
        path: As it was asked for.
        scope: Of the request, once it is answered.
    """
    found = scope.get("path_params")
    if isinstance(found, Mapping):
        for name, value in found.items():
            if is_secret(str(name)) and value:
                path = path.replace(str(value), REDACTED)
    return path


class RouteTemplates:
    """Finds the template of a request's route, and knows the templates of an application's mounts.

    Args:
        app: Starlette's, FastAPI's, or what wraps one of them and calls it `app`; of others nothing is known before
            they answer.
    """

    def __init__(self, app: object) -> None:
        self._app = app
        self._mounts: dict[str, _Mounted] = {}
        self._outermost: dict[int, tuple[object, str]] = {}  # by identity; the route is held, so that it keeps it

    def template(self, scope: MutableMapping[str, Any]) -> str:
        """Return the template of what answered the request of a scope, or `unmatched`."""
        if "app_root_path" in scope:
            return self._find(scope)
        route = scope.get("route")
        known = self._outermost.get(id(route))
        if known is not None:
            return known[1]
        found = self._find(scope)
        if route is not None and not _says_more(scope) and len(self._outermost) < _REMEMBERED:
            self._outermost[id(route)] = (route, found)
        return found

    def _find(self, scope: MutableMapping[str, Any]) -> str:
        own = _own_template(scope)
        if own != UNMATCHED and "app_root_path" not in scope:
            return own or "/"
        if own == UNMATCHED and ("endpoint" not in scope or "route" in scope):
            return own
        mounted = self._mounted(_mounted_at(scope))
        if own == UNMATCHED:  # FastAPI's own pages, and all routes of Starlette before 1.0, leave their endpoint alone
            own = mounted.template_of(scope)
            if own == UNMATCHED:
                return own
        return mounted.template + own or "/"

    def _mounted(self, called: str) -> _Mounted:
        found = self._mounts.get(called)
        if found is None:
            found = next(_mounts(_routes(self._app), called), _Mounted(called, []))
            if len(self._mounts) < _REMEMBERED:
                self._mounts[called] = found
        return found


@dataclass(frozen=True, slots=True)
class _Mounted:
    """A mounted application, or the outermost one.

    Attributes:
        template: The template of its prefix.
        routes: What it has.
    """

    template: str
    routes: list[Any]

    def template_of(self, scope: MutableMapping[str, Any]) -> str:
        """Return the template of the route whose endpoint answered."""
        path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
        for route in self.routes:
            pattern = getattr(route, "path_regex", None)
            if getattr(route, "endpoint", None) is scope["endpoint"] and pattern and pattern.match(path):
                return str(route.path)
        return UNMATCHED


def _says_more(scope: MutableMapping[str, Any]) -> bool:
    """Return whether the template follows from more of the scope than the route: as Litestar and FastAPI have it."""
    return "path_template" in scope or "fastapi" in scope


def _own_template(scope: MutableMapping[str, Any]) -> str:
    template = scope.get("path_template")
    if template is not None:
        return template if isinstance(template, str) and template else UNMATCHED
    route = scope.get("route")
    if route is None:
        return UNMATCHED
    if "fastapi" in scope:  # an included router's route is the same object under every prefix it was included with
        context = scope["fastapi"].get("effective_route_context")
        if getattr(context, "original_route", None) is route:
            route = context
    if hasattr(route, "app") and hasattr(route, "routes"):
        # a mount: what it holds has routes and none matched, or has none and answers everything
        return UNMATCHED if route.routes else ""
    path = getattr(route, "path", None)
    return path if isinstance(path, str) else UNMATCHED


def _mounted_at(scope: MutableMapping[str, Any]) -> str:
    """Return what was called of the prefixes of mounts; empty without any."""
    whole, outside = scope.get("root_path", ""), scope.get("app_root_path")
    return str(whole).removeprefix(str(outside)) if outside is not None else ""


def _mounts(routes: list[Any], called: str) -> Iterator[_Mounted]:
    """Yield the mounts that what was called leads to, through as many others as it takes."""
    if not called:
        yield _Mounted("", routes)
        return
    for route in routes:
        pattern = getattr(route, "path_regex", None)
        if pattern is None or not hasattr(route, "app"):
            continue
        for own, rest in _parts(called):
            found = pattern.match(own + "/")
            if found is not None and found.groupdict().get("path") == "":
                for inner in _mounts(_routes(route), rest):
                    yield _Mounted(str(route.path) + inner.template, inner.routes)


def _parts(called: str) -> Iterator[tuple[str, str]]:
    """Yield every way to cut a path before one of its slashes, the whole first."""
    yield called, ""
    at = called.rfind("/")
    while at > 0:
        yield called[:at], called[at:]
        at = called.rfind("/", 0, at)


def _routes(app: object) -> list[Any]:
    """Return the routes of an application or of what it wraps."""
    for _ in range(32):  # wrappers deep
        found = getattr(app, "routes", None)
        if isinstance(found, list) and found:
            return found
        app = getattr(app, "app", None)
        if app is None:
            break
    return []
