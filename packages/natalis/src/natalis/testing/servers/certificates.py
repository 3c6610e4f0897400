"""Certificates for servers and clients on loopback, made by the openssl program, for a day."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificates:
    """Certificates in PEM, each with its key in the same file.

    Attributes:
        ca: Who issued the others; without its key.
        server: For localhost and 127.0.0.1.
        elsewhere: For another host.
        expired: For localhost, until yesterday.
        user: For a client.
    """

    ca: Path
    server: Path
    elsewhere: Path
    expired: Path
    user: Path


_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


def make_certificates(folder: Path) -> Certificates:
    """Return new ones, in a folder."""
    ca = folder / "ca.pem"
    # Python 3.13 asks of an issuer that it says what its key is for
    use = "-addext keyUsage=critical,keyCertSign,cRLSign"
    _openssl(f"req -x509 {_NEW_KEY} {use} -keyout {folder}/ca.key -out {ca} -subj /CN=issuer -days 1")
    here = "DNS:localhost,IP:127.0.0.1"
    return Certificates(
        ca=ca,
        server=_issued(folder, "server", here),
        elsewhere=_issued(folder, "elsewhere", "DNS:elsewhere.example"),
        expired=_issued(folder, "expired", here, days=-1),
        user=_issued(folder, "user", "DNS:user"),
    )


def server_context(certificate: Path, ca: Path | None = None) -> ssl.SSLContext:
    """Return how a server speaks TLS; with a `ca`, only with clients that it has issued a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    context.load_cert_chain(certificate)
    if ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _issued(folder: Path, name: str, names: str, days: int = 1) -> Path:
    request, key, certificate = folder / f"{name}.csr", folder / f"{name}.key", folder / f"{name}.crt"
    extensions = folder / f"{name}.ext"
    extensions.write_text(f"subjectAltName={names}\nauthorityKeyIdentifier=keyid\n", encoding="ascii")
    _openssl(f"req {_NEW_KEY} -keyout {key} -out {request} -subj /CN={name}")
    issuer = f"-CA {folder}/ca.pem -CAkey {folder}/ca.key -CAcreateserial"
    _openssl(f"x509 -req -in {request} {issuer} -days {days} -extfile {extensions} -out {certificate}")
    both = folder / f"{name}.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    return both


def _openssl(command: str) -> None:
    program = ["openssl", *command.split()]
    subprocess.run(program, check=True, capture_output=True)  # noqa: S603 - written above, and found on PATH
