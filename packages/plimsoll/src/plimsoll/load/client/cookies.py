"""A user's cookies, by RFC 6265: which are taken, how long they last, and which are sent where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Final

import msgspec

from plimsoll.load.client.urls import Place, place_of

_MOST: Final = 300  # cookies of a user; the oldest goes first
_LONGEST: Final = 4_096  # characters of a name and value (RFC 6265, section 6.1)
_REMEMBERED: Final = 256  # headers

_Key = tuple[str, str, str]


class Cookie(msgspec.Struct, frozen=True):
    """A cookie.

    Attributes:
        name: Its name.
        value: Its value.
        domain: Where it is sent to, without a leading dot.
        is_for_subdomains: Whether below that too.
        path: Below which path.
        secure: Whether over https alone.
        expires: When it does, in seconds since 1970; None for the end of the user.
    """

    name: str
    value: str
    domain: str
    is_for_subdomains: bool
    path: str
    secure: bool
    expires: float | None

    @property
    def key(self) -> _Key:
        """What no two cookies have in common."""
        return self.domain, self.path, self.name

    def goes_to(self, place: Place) -> bool:
        """Say whether it is sent there (RFC 6265, section 5.4)."""
        below = self.is_for_subdomains and _is_below(place.host, self.domain)
        is_there = place.host == self.domain or below
        return is_there and (place.secure or not self.secure) and _is_in(place.path, self.path)


class Jar:
    """Cookies of one user.

    Args:
        wall: Tells the time, in seconds since 1970.

    Attributes:
        all: The cookies, the oldest first.
    """

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self.all: dict[_Key, Cookie] = {}
        self._headers: dict[tuple[str, str, bool], str] = {}

    def set(self, url: str, name: str, value: str) -> None:
        """Put a cookie in, for all paths of the host of an address.

        Raises:
            Failed: The address is none.
        """
        self._put(Cookie(name, value, place_of(url).host, False, "/", False, None))  # noqa: FBT003 - in its class's order

    def take(self, place: Place, header: str) -> None:
        """Take what a `Set-Cookie` header says, if it may say so there."""
        cookie = read_cookie(header, place, self._wall())
        if cookie is None:
            return
        if cookie.expires is not None and cookie.expires <= self._wall():
            self.all.pop(cookie.key, None)
            self._headers.clear()
        else:
            self._put(cookie)

    def header_for(self, place: Place) -> str:
        """Return the value of the `Cookie` header for an address; empty for none."""
        key = place.host, place.path, place.secure
        known = self._headers.get(key)
        if known is None:
            known = self._made(place)
            if len(self._headers) < _REMEMBERED and all(each.expires is None for each in self.all.values()):
                self._headers[key] = known
        return known

    def clear(self) -> None:
        """Forget all."""
        self.all.clear()
        self._headers.clear()

    def _put(self, cookie: Cookie) -> None:
        if cookie.key not in self.all and len(self.all) >= _MOST:
            del self.all[next(iter(self.all))]
        self.all[cookie.key] = cookie
        self._headers.clear()

    def _made(self, place: Place) -> str:
        now = self._wall()
        for key in [key for key, each in self.all.items() if each.expires is not None and each.expires <= now]:
            del self.all[key]
        there = [cookie for cookie in self.all.values() if cookie.goes_to(place)]
        there.sort(key=lambda cookie: -len(cookie.path))  # longer paths first; within them, older ones
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in there)


def read_cookie(header: str, place: Place, now: float) -> Cookie | None:
    """Return the cookie that a `Set-Cookie` header of an answer from a place sets; None where it may not.

    Source: RFC 6265, sections 5.2 and 5.3.
    """
    pair, *rest = header.split(";")
    name, equals, value = (part.strip() for part in pair.partition("="))
    if not equals or not name or len(name) + len(value) > _LONGEST:
        return None
    said = {key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in rest)}
    domain = said.get("domain", "").lower().lstrip(".")
    if domain and not _may_set(place.host, domain):
        return None
    return Cookie(
        name=name,
        value=value,
        domain=domain or place.host,
        is_for_subdomains=bool(domain) and not _is_address(place.host),
        path=said["path"] if said.get("path", "").startswith("/") else _default_path(place.path),
        secure="secure" in said,
        expires=_expires(said, now),
    )


def _expires(said: dict[str, str], now: float) -> float | None:
    """Return when a cookie expires; a length of time goes before a date."""
    age = said.get("max-age", "")
    if age.lstrip("-").isdecimal():
        return now + max(-1, min(int(age[:12]), 10**10))
    try:
        date = parsedate_to_datetime(said.get("expires", ""))
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _may_set(host: str, domain: str) -> bool:
    """Say whether a host may set cookies for a domain: its own, or one above that is not the top."""
    return host == domain or (_is_below(host, domain) and "." in domain)


def _is_below(host: str, domain: str) -> bool:
    return host.endswith("." + domain) and not _is_address(host)


def _is_in(path: str, folder: str) -> bool:
    return path == folder or (path.startswith(folder) and (folder.endswith("/") or path[len(folder)] == "/"))


def _default_path(path: str) -> str:
    return path[: path.rfind("/")] or "/"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
