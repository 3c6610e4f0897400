"""Signed links: what lets a recipient unsubscribe or rate a message without an account.

A token is `user id . kind . yyyymmdd . signature`, made of characters that need no escaping in a URL. The signature is
HMAC-SHA256 over the purpose and the rest, cut to 128 bits (RFC 2104 section 5) and written in base64url. Tokens do not
expire: an old message's unsubscribe link has to work for as long as the message is kept.
"""

from __future__ import annotations

import enum
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import urlsplit

from natalis.domain.delivery import DeliveryKey
from natalis.errors import InvalidInput

_SIGNATURE_BYTES = 16
_TOKEN = re.compile(
    r"(?P<user>[A-Za-z0-9_.~-]{1,64})\.(?P<kind>[a-z][a-z0-9_-]{0,31})\.(?P<day>\d{8})\.(?P<signature>[\w-]{22})",
    re.ASCII,
)
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/\[\]%@-]+", re.ASCII)


class Purpose(enum.StrEnum):
    """What a link is for; a token of one purpose is none of another."""

    UNSUBSCRIBE = "unsubscribe"
    FEEDBACK = "feedback"


def sign(purpose: Purpose, key: DeliveryKey, secret: str) -> str:
    """Return the token that stands for `key` in a link of this purpose.

    Args:
        purpose: What the link is for.
        key: The delivery; its user id must be made of letters, digits, `-`, `_`, `.` or `~`, as a UUID is.
        secret: The link secret; the same for every process of a fleet.
    """
    claim = f"{key.user_id}.{key.kind}.{key.occasion_date.isoformat().replace('-', '')}"
    return f"{claim}.{_signature(purpose, claim, secret)}"


def read(purpose: Purpose, token: str, secret: str) -> DeliveryKey:
    """Return the delivery a token stands for.

    Raises:
        InvalidInput: It was not signed with this secret for this purpose. The error does not say what is wrong with it.
    """
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise _not_ours()
    claim = token.rpartition(".")[0]
    if not hmac.compare_digest(found["signature"], _signature(purpose, claim, secret)):
        raise _not_ours()
    try:
        day = date.fromisoformat(found["day"])
    except ValueError:
        raise _not_ours() from None
    return DeliveryKey(found["user"], found["kind"], day)


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the links of a message.

    Attributes:
        base_url: Where recipients reach the API, for example `https://greetings.example.org`; no `/` at its end.
        secret: What tokens are signed with.
    """

    base_url: str
    secret: str

    def __post_init__(self) -> None:
        if _ADDRESS.fullmatch(self.base_url) is None or not urlsplit(self.base_url).hostname:
            problem = f"{self.base_url[:80]!r} is not a web address"
            raise InvalidInput("PUBLIC_URL", problem, "give one such as https://greetings.example.org")
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))

    def to(self, purpose: Purpose, key: DeliveryKey) -> str:
        """Return the link of this purpose in the message of this delivery."""
        return f"{self.base_url}/{purpose.value}/{sign(purpose, key, self.secret)}"

    def headers(self, unsubscribe_url: str) -> Mapping[str, str]:
        """Return the e-mail headers that let a mail program unsubscribe.

        Source: RFC 2369 (`List-Unsubscribe`) and RFC 8058 section 3.1, which wants HTTPS for the one-click header; so
        that one is left out under plain HTTP.
        """
        headers = {"List-Unsubscribe": f"<{unsubscribe_url}>"}
        if self.base_url.startswith("https:"):
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return MappingProxyType(headers)


def _signature(purpose: Purpose, claim: str, secret: str) -> str:
    signing = _keyed(secret).copy()
    signing.update(f"{purpose.value}\0{claim}".encode())
    return urlsafe_b64encode(signing.digest()[:_SIGNATURE_BYTES]).rstrip(b"=").decode()


@lru_cache(maxsize=8)
def _keyed(secret: str) -> hmac.HMAC:
    """Return an HMAC that has taken the secret in, to be copied: that halves the cost of a signature."""
    return hmac.new(secret.encode(), digestmod="sha256")


def _not_ours() -> InvalidInput:
    return InvalidInput("token", "is not one that was made here", "use the link in the message as it is")
