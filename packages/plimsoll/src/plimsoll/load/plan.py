"""What is to be done, as one value: made by the command line, sent to engines as JSON."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from plimsoll.load.scenarios import Scenario


class Target(msgspec.Struct, frozen=True):
    """A single address to call, where there is no file of flows.

    Attributes:
        url: With scheme and host.
        method: In capitals.
        headers: To send.
        body: To send; empty for none.
    """

    url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    body: str = ""


class Calling(msgspec.Struct, frozen=True):
    """How the users of a run call; the defaults are the client's.

    Attributes:
        timeout: For a whole request.
        redirects: How many are followed.
        headers: Sent with each request.
        user_agent: Says who calls.
        discard_bodies: Whether bodies are counted and dropped.
        reuse_connections: Whether a connection serves more than one request.
        cookies: Whether users keep cookies.
        cookies_last: Whether they keep them from one iteration to the next.
        insecure: Whether any certificate will do.
        ca_file: PEM of the issuers to trust.
        certificate: PEM of a client certificate.
        key: PEM of its key.
        hosts: Which address to call for a name.
        connections_per_origin: Of one user to one host.
        fall_back: Whether further addresses of a name are tried when one refuses.
        resume_tls: Whether a user's further connections to a host resume the TLS session.
    """

    timeout: timedelta = timedelta(seconds=60)
    redirects: int = 0
    headers: dict[str, str] = {}
    user_agent: str = "plimsoll"
    discard_bodies: bool = False
    reuse_connections: bool = True
    cookies: bool = True
    cookies_last: bool = False
    insecure: bool = False
    ca_file: str = ""
    certificate: str = ""
    key: str = ""
    hosts: dict[str, str] = {}
    connections_per_origin: int = 6
    fall_back: bool = True
    resume_tls: bool = True


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done.

    Attributes:
        name: Of the run.
        scenarios: As they will run: already divided by `time_scale`.
        flow_file: Where flows are; empty for `target`.
        target: What to call without flows.
        base: What paths of flows are put behind.
        calling: How to call.
        env: What flows are told.
        tags: On all that is recorded.
        seed: What the users' chance comes from.
        shard: Which part of the whole this run is, from 0 on.
        shards: How many parts there are.
        processes: How many engines each shard has.
        by_stage: Whether a threshold asks for stages.
        time_scale: By how much durations were divided.
        set_up: Whether the flow's setup is called.
        tear_down: Whether its teardown is.
        setup_timeout: For setup.
        teardown_timeout: For teardown.
    """

    name: str
    scenarios: tuple[Scenario, ...]
    flow_file: str = ""
    target: Target | None = None
    base: str = ""
    calling: Calling = Calling()
    env: dict[str, str] = {}
    tags: dict[str, str] = {}
    seed: int = 0
    shard: int = 0
    shards: int = 1
    processes: int = 1
    by_stage: bool = False
    time_scale: float = 1.0
    set_up: bool = True
    tear_down: bool = True
    setup_timeout: timedelta = timedelta(seconds=60)
    teardown_timeout: timedelta = timedelta(seconds=60)
