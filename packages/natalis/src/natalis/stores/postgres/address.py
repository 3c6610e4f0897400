"""Where a database is: the URL as an operator writes it, less what is meant for this store and not for the server."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from natalis.errors import InvalidInput

SCHEMES = frozenset({"postgresql", "postgres"})
FORM = "write postgresql://user:password@host:5432/database"
_TRUE = frozenset({"true", "yes", "1"})


@dataclass(frozen=True, slots=True)
class Address:
    """A database server.

    Attributes:
        url: What is given to the driver.
        shown: The same without its password, for messages.
        pooled: Whether the operator says that a pooler in transaction mode stands in between; otherwise it is found
            out.
    """

    url: str
    shown: str
    pooled: bool = False


def parse_address(url: str) -> Address:
    """Read `postgresql://user:password@host:port/database?pgbouncer=true`; other parameters go to the driver.

    Raises:
        InvalidInput: It is not such an address.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidInput("DATABASE_URL", "cannot be read", FORM) from None  # not in whose words: it has a password
    if parts.scheme not in SCHEMES:
        raise InvalidInput("DATABASE_URL", f"{parts.scheme[:20]!r} is not PostgreSQL", FORM)
    given = parse_qsl(parts.query, keep_blank_values=True)
    pooled = any(name == "pgbouncer" and value.casefold() in _TRUE for name, value in given)
    query = urlencode([(name, value) for name, value in given if name != "pgbouncer"], safe="/")
    place = parts.netloc.rpartition("@")[2] or dict(given).get("host", "")
    return Address(urlunsplit(parts._replace(query=query)), f"{place}{parts.path}", pooled)
