"""Which route answered a request, as a template: `/user/{user_id}`, with the prefixes of mounted applications."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, Final

UNMATCHED: Final = "unmatched"
"""The route of a request that no route matches: a scanner's paths must not become labels."""
_PREFIXES: Final = 1_000
"""How many paths of mounted applications are remembered with their templates."""


def route_template(scope: MutableMapping[str, Any]) -> str:
    """Return the template of the matched route, such as `/user/{user_id}`, or `unmatched`.

    Reads what Litestar (`path_template`), FastAPI (`fastapi`) and Starlette (`route`) leave in the scope. A mounted
    application's prefix is as it was called, which is right where it has no parameters: `RouteTemplates` knows better.
    """
    own = _own_template(scope)
    return own if own == UNMATCHED else _mounted_at(scope) + own or "/"


class RouteTemplates:
    """Finds the template of a request's route, and knows the templates of an application's mounts.

    Args:
        app: Starlette's, FastAPI's, or what wraps one of them and calls it `app`; of others nothing is known before
            they answer.
    """

    def __init__(self, app: object) -> None:
        self._app = app
        self._prefixes: dict[str, str] = {"": ""}

    def __call__(self, scope: MutableMapping[str, Any]) -> str:
        """Return the template of what answered the request of a scope, or `unmatched`."""
        own = _own_template(scope)
        if own == UNMATCHED or "app_root_path" not in scope:
            return own
        called = _mounted_at(scope)
        prefix = self._prefixes.get(called)
        if prefix is None:
            prefix = _prefix(self._app, called)
            if len(self._prefixes) < _PREFIXES:
                self._prefixes[called] = prefix
        return prefix + own or "/"


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


def _prefix(app: object, called: str) -> str:
    """Return the templates of the mounts that lead to what was called, or what was called where they are not known."""
    return next(_paths(_routes(app), called), called)


def _paths(routes: list[Any], called: str) -> Iterator[str]:
    """Yield the templates of mounts, from the outermost to the innermost, that make up what was called."""
    for route in routes:
        pattern = getattr(route, "path_regex", None)
        if pattern is None or not hasattr(route, "app"):
            continue
        for own, rest in _parts(called):
            found = pattern.match(own + "/")
            if found is None or found.groupdict().get("path") != "":
                continue
            template = str(route.path)
            if not rest:
                yield template
            else:
                yield from (template + inner for inner in _paths(_routes(route), rest))


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
