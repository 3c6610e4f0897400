"""Certificates are checked unless one says otherwise, and a handshake that fails is named."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from tests.plimsoll.load.client.conftest import MakeAgent, MakeClient, Serve

from natalis.testing.servers.certificates import Certificates, server_context
from plimsoll.errors import InvalidInput
from plimsoll.load.client.agent import Agent
from plimsoll.load.client.failures import Failure
from plimsoll.load.client.options import ClientOptions
from plimsoll.load.client.request import Request

pytestmark = pytest.mark.network
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_a_trusted_certificate_is_taken_and_the_version_said(
    serve: Serve, agent: MakeAgent, certificates: Certificates
) -> None:
    target = await serve(OK, tls=server_context(certificates.server))
    one = agent(ClientOptions(ca_file=certificates.ca))
    first, second = [await one.fetch(Request("GET", target.url)) for _ in range(2)]
    assert (first.status, first.tls_version, second.tls_version) == (200, "TLSv1.3", "TLSv1.3")
    assert first.blocked >= first.tls + first.connecting
    assert first.tls > 0
    assert (second.reused, second.tls, target.connections) == (True, 0, 1)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(("resumes", "resumed"), [(True, [False, True, True]), (False, [False, False, False])])
async def test_a_users_further_connections_resume_the_session(
    serve: Serve,
    client: MakeClient,
    certificates: Certificates,
    version: ssl.TLSVersion,
    *,
    resumes: bool,
    resumed: list[bool],
) -> None:
    speaks = server_context(certificates.server)
    speaks.maximum_version = version
    target = await serve(OK, tls=speaks)
    shared = client(ClientOptions(ca_file=certificates.ca, resume_tls=resumes))
    one, another = Agent(shared), Agent(shared)
    seen = []
    for _ in resumed:
        assert (await one.fetch(Request("GET", target.url))).status == 200
        seen += [each.shaken.session_reused for lane in one._lanes.values() for each in lane.all if each.shaken]
        one.drop_connections()
        await asyncio.sleep(0)  # noqa: TID251 - no time passes: what was closed is told so
    assert (seen, target.connections) == (resumed, 3)
    await another.fetch(Request("GET", target.url))
    assert not any(each.shaken.session_reused for lane in another._lanes.values() for each in lane.all if each.shaken)
    for each in (one, another):
        each.close()


async def test_connections_beside_each_other_resume_too(
    serve: Serve, agent: MakeAgent, certificates: Certificates
) -> None:
    target = await serve(OK, tls=server_context(certificates.server))
    one = agent(ClientOptions(ca_file=certificates.ca))
    await one.fetch(Request("GET", target.url))
    await asyncio.gather(*(one.fetch(Request("GET", target.url)) for _ in range(3)))
    (lane,) = one._lanes.values()
    assert sorted(each.shaken.session_reused for each in lane.all if each.shaken) == [False, True, True]


async def test_an_address_is_checked_like_a_name(serve: Serve, agent: MakeAgent, certificates: Certificates) -> None:
    target = await serve(OK, tls=server_context(certificates.server))
    url = target.url.replace("localhost", "127.0.0.1")
    assert (await agent(ClientOptions(ca_file=certificates.ca)).fetch(Request("GET", url))).status == 200


@pytest.mark.parametrize("which", ["elsewhere", "expired"])
async def test_a_certificate_for_another_host_or_of_yesterday_is_refused(
    serve: Serve, agent: MakeAgent, certificates: Certificates, which: str
) -> None:
    target = await serve(OK, tls=server_context(getattr(certificates, which)))
    exchange = await agent(ClientOptions(ca_file=certificates.ca)).fetch(Request("GET", target.url))
    assert exchange.error is Failure.TLS_CERTIFICATE
    assert {"elsewhere": "Hostname mismatch", "expired": "has expired"}[which] in exchange.detail


async def test_an_unknown_issuer_is_refused(serve: Serve, agent: MakeAgent, certificates: Certificates) -> None:
    target = await serve(OK, tls=server_context(certificates.server))
    assert (await agent().fetch(Request("GET", target.url))).error is Failure.TLS_CERTIFICATE


@pytest.mark.parametrize("which", ["server", "elsewhere", "expired"])
async def test_any_certificate_will_do_where_one_says_so(
    serve: Serve, agent: MakeAgent, certificates: Certificates, which: str
) -> None:
    target = await serve(OK, tls=server_context(getattr(certificates, which)))
    assert (await agent(ClientOptions(insecure=True)).fetch(Request("GET", target.url))).status == 200


async def test_a_client_certificate_is_shown(serve: Serve, agent: MakeAgent, certificates: Certificates) -> None:
    target = await serve(OK, tls=server_context(certificates.server, certificates.ca))
    options = ClientOptions(ca_file=certificates.ca, certificate=certificates.user)
    assert (await agent(options).fetch(Request("GET", target.url))).status == 200


async def test_a_client_certificate_that_is_missing_is_a_failure(
    serve: Serve, agent: MakeAgent, certificates: Certificates
) -> None:
    target = await serve(OK, tls=server_context(certificates.server, certificates.ca))
    exchange = await agent(ClientOptions(ca_file=certificates.ca)).fetch(Request("GET", target.url))
    assert exchange.error in {Failure.TLS, Failure.CONNECTION_RESET, Failure.CONNECTION_CLOSED}


async def test_plain_http_on_the_port_of_tls_is_a_failure_of_tls(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(handler=_speaks_first)
    exchange = await agent().fetch(Request("GET", target.url.replace("http:", "https:")))
    assert exchange.error is Failure.TLS


async def test_a_handshake_that_is_never_answered_is_a_connect_timeout(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(handler=_says_nothing)
    options = ClientOptions(connect_timeout=timedelta(milliseconds=100))
    exchange = await agent(options).fetch(Request("GET", target.url.replace("http:", "https:")))
    assert exchange.error is Failure.CONNECT_TIMEOUT


async def test_a_handshake_that_is_cut_off_is_a_failure(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(handler=_hangs_up)
    exchange = await agent().fetch(Request("GET", target.url.replace("http:", "https:")))
    assert exchange.error in {Failure.TLS, Failure.CONNECTION_RESET, Failure.CONNECTION_CLOSED}


async def test_a_certificate_that_cannot_be_read_is_said_before_the_run(client: MakeClient, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="PEM"):
        client(ClientOptions(ca_file=tmp_path / "missing.pem"))


async def _speaks_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await reader.read()


async def _says_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def _hangs_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(1)
