"""Batches to a collector over gRPC, by grpcio: the bytes are those that go over HTTP."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from plimsoll.instrument.traces.otlp.answers import Answer, Away, Refused
from plimsoll.instrument.traces.otlp.options import GZIP, Carriage
from plimsoll.instrument.traces.otlp.response import read_response

_METHOD: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_LATER: Final = frozenset({"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"})
"""Codes after which OTLP has a sender try again."""
_PERHAPS_LATER: Final = "RESOURCE_EXHAUSTED"
"""The code after which it does so only where a `RetryInfo` comes with it: a batch that is too large stays so."""


class GrpcCollector:
    """A collector that takes `grpc`.

    Args:
        url: Where it is: `http://host:4317`, or `https://…` for TLS.
        carriage: How.

    Raises:
        ImportError: grpcio is not installed.
    """

    def __init__(self, url: str, carriage: Carriage) -> None:
        grpc: Any = importlib.import_module("grpc")  # it comes without types
        self._failure = grpc.RpcError
        self._timeout = carriage.timeout.total_seconds()
        self._headers = [(name.lower(), value) for name, value in carriage.headers.items()]
        packed = grpc.Compression.Gzip if carriage.compression == GZIP else grpc.Compression.NoCompression
        to = urlsplit(url)
        if to.scheme == "https":
            files = (carriage.certificate, carriage.client_key, carriage.client_certificate)
            secured = grpc.ssl_channel_credentials(*(Path(each).read_bytes() if each else None for each in files))
            self._channel = grpc.secure_channel(to.netloc, secured, compression=packed)
        else:
            self._channel = grpc.insecure_channel(to.netloc, compression=packed)
        self._export = self._channel.unary_unary(_METHOD)

    def send(self, body: bytes) -> Answer:
        """Call with a batch."""
        try:
            answer: bytes = self._export(body, timeout=self._timeout, metadata=self._headers)
        except self._failure as error:
            said = f"{error.code().name}: {error.details()}"
            return Away(said) if _is_passing(error) else Refused(said)
        return read_response(answer)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()


def _is_passing(error: Any) -> bool:
    code = error.code().name
    return code in _LATER or (code == _PERHAPS_LATER and _says_when(error))


def _says_when(error: Any) -> bool:
    """Return whether `google.rpc.RetryInfo` is among the details of a status."""
    found = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    return b"google.rpc.RetryInfo" in found
