"""TLS as users of a service speak it: certificates, and sessions that are resumed instead of shaken out anew."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from plimsoll.errors import InvalidInput
from plimsoll.load.client.options import ClientOptions

_session: ContextVar[ssl.SSLSession | None] = ContextVar("session", default=None)
"""What the next handshake of this task resumes: the loop has no place where a session could be given."""


@contextmanager
def resuming(session: ssl.SSLSession | None) -> Iterator[None]:
    """Let the handshake that this block begins resume a session; None for a full one."""
    before = _session.set(session)
    try:
        yield
    finally:
        _session.reset(before)


class _Resuming(ssl.SSLContext):
    """A context that resumes the session that was said by `resuming`."""

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002 - the standard library's
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As the standard library's; called by the loop."""
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session or _session.get())


def tls_context(options: ClientOptions) -> ssl.SSLContext:
    """Return how TLS is spoken.

    Raises:
        InvalidInput: A file cannot be read.
    """
    context = _Resuming(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):  # as `ssl.create_default_context` has it
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    try:
        if options.ca_file is not None:
            context.load_verify_locations(options.ca_file)
        else:
            context.load_default_certs()
        if options.certificate is not None:
            context.load_cert_chain(options.certificate, options.key)
    except OSError as error:
        raise InvalidInput("TLS", f"a certificate or key cannot be read: {error}", "give files in PEM") from error
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context
