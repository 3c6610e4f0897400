"""RabbitMQ: a node with its own name, cookie, ports and data, and a fresh virtual host for each test."""

from __future__ import annotations

import itertools
import secrets
import socket
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from natalis.testing.servers import ports, programs
from natalis.testing.servers.server import Server, ServerFailed

USER = "guest"
_HEADER = b"AMQP\x00\x00\x09\x01"  # AMQP 0-9-1, section 4.2.2; the server answers with a method frame, type 1
_SETTINGS: Mapping[str, str] = {
    "vm_memory_high_watermark.absolute": "1GiB",
    "disk_free_limit.absolute": "64MB",
    "log.console.level": "info",
}


class Epmd(Server):
    """Erlang's port mapper, through which nodes and tools find one another; ours, not the machine's."""

    name: ClassVar[str] = "epmd"

    def _command(self) -> Sequence[str]:
        return [programs.find("epmd"), "-address", ports.LOOPBACK, "-port", str(self.port)]

    def _is_ready(self) -> bool:
        return ports.answers(self.port)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What the nodes of one cluster share: how they find and trust one another."""

    epmd: Epmd
    cookie: str

    @classmethod
    def new(cls) -> Neighbourhood:
        """Nodes started in it see only one another."""
        return cls(Epmd(), secrets.token_hex(16))


class RabbitMQ(Server):
    """One RabbitMQ node; takes two seconds to start on an idle machine.

    Args:
        settings: lines of rabbitmq.conf that go before ours.
        neighbourhood: whom it shares a machine with; by default nobody.
        seed: the node whose cluster it joins at its first start, waiting for it if need be; by default none.
    """

    name: ClassVar[str] = "rabbitmq"
    patience: ClassVar[timedelta] = timedelta(seconds=120)

    def __init__(
        self,
        *,
        settings: Mapping[str, str] | None = None,
        neighbourhood: Neighbourhood | None = None,
        seed: RabbitMQ | None = None,
    ) -> None:
        super().__init__()
        self._alone = neighbourhood is None
        self._neighbourhood = neighbourhood or Neighbourhood.new()
        self._distribution = ports.reserve()
        self._numbers = itertools.count(1)
        self.node: str = f"rabbit{self.port}@localhost"
        self._settings = {**_SETTINGS, **(_joining(self.node, seed.node) if seed else {}), **(settings or {})}
        self._write_files()

    def launch(self) -> None:
        """Start it without waiting."""
        self._neighbourhood.epmd.start()
        super().launch()

    def close(self) -> None:
        """Kill it, remove its folder and let its ports go."""
        super().close()
        self._distribution.release()
        if self._alone:
            self._neighbourhood.epmd.close()

    def create_vhost(self, name: str | None = None) -> VirtualHost:
        """Make a virtual host, all of which is `guest`'s; takes about 0.1 s.

        Args:
            name: by default a new one.
        """
        name = name or f"test-{self.port}-{next(self._numbers)}"
        everything = ", ".join(['<<".*">>'] * 3)
        self.evaluate(
            f'ok = rabbit_vhost:add(<<"{name}">>, <<"test">>), '
            f'rabbit_auth_backend_internal:set_permissions(<<"{USER}">>, <<"{name}">>, {everything}, <<"test">>).'
        )
        self.settle()
        return VirtualHost(self, name, (self.url(name),))

    def delete_vhost(self, name: str) -> None:
        """Remove a virtual host with its queues, and close its connections."""
        self.evaluate(f'rabbit_vhost:delete(<<"{name}">>, <<"test">>).')

    def close_connections(self) -> None:
        """Have the broker close every client's connection, as an operator may (`CONNECTION_FORCED`)."""
        self.evaluate('rabbit_networking:close_connections(rabbit_networking:connections(), "a test closes it").')

    def settle(self) -> None:
        """Have what was declared so far on disk.

        RabbitMQ 3.10 keeps new queues, and which files are theirs, in its own memory for some seconds, and a kill in
        that time loses them on this node, with all that was confirmed. A test that declares and then kills calls this.
        """
        self.evaluate("[mnesia:sync_log() | [dets:sync(Table) || Table <- dets:all()]].")

    def evaluate(self, erlang: str) -> str:
        """Evaluate an expression, ending in a full stop, on the node; returns its value as Erlang writes it.

        Raises:
            ProgramFailed: the node is not there.
            ServerFailed: the expression failed.
        """
        call = [programs.find("erl_call"), "-sname", self.node, "-c", self._neighbourhood.cookie, "-e"]
        answer = programs.run(
            call, env={"ERL_EPMD_PORT": str(self._neighbourhood.epmd.port)}, say=f"{erlang}\n"
        ).strip()
        if not answer.startswith("{ok, "):
            raise ServerFailed(f"{erlang} failed on {self.node}: {answer}")
        return answer.removeprefix("{ok, ").removesuffix("}")

    def for_its_tools(self) -> Mapping[str, str]:
        """What `rabbitmqctl` must find in its environment to reach this node."""
        return {
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self._neighbourhood.epmd.port),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        }

    def url(self, vhost: str = "%2F") -> str:
        """The address of a virtual host, percent-encoded."""
        return f"amqp://{USER}:{USER}@{ports.LOOPBACK}:{self.port}/{vhost}"

    def _write_files(self) -> None:
        cookie = self.folder / ".erlang.cookie"
        cookie.write_text(self._neighbourhood.cookie)
        cookie.chmod(0o400)  # Erlang refuses one that others can read
        settings = {"listeners.tcp.1": f"{ports.LOOPBACK}:{self.port}", **self._settings}
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self.folder / "rabbitmq.conf").write_text(lines)
        (self.folder / "enabled_plugins").write_text("[].\n")

    def _command(self) -> Sequence[str]:
        return [programs.find("rabbitmq-server")]

    def _environment(self) -> Mapping[str, str]:
        return {
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self._neighbourhood.epmd.port),
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_IP_ADDRESS": ports.LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution.number),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",  # not the machine's
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_LOGS": "-",
            "detached": "1",  # the start script becomes the server instead of waiting for it
        }

    def _is_ready(self) -> bool:
        # The listener is the last that a node starts.
        try:
            with closing(socket.create_connection((ports.LOOPBACK, self.port), timeout=2)) as connection:
                connection.sendall(_HEADER)
                return connection.recv(1) == b"\x01"
        except OSError:
            return False


def _joining(node: str, seed: str) -> Mapping[str, str]:
    # The seed itself is told of nobody, so it starts at once; the others ask it until it is there. A list that all
    # share would have the first node wait out every retry before it starts.
    return {
        "cluster_formation.peer_discovery_backend": "classic_config",
        "cluster_formation.classic_config.nodes.1": seed,
        "cluster_formation.classic_config.nodes.2": node,
        "cluster_formation.discovery_retry_interval": "100",
        "cluster_formation.discovery_retry_limit": "600",
    }


@dataclass(frozen=True, slots=True)
class VirtualHost:
    """One virtual host of a broker.

    Attributes:
        server: the node that made it.
        name: needs no encoding.
        urls: its address on each node of the cluster.
    """

    server: RabbitMQ
    name: str
    urls: tuple[str, ...]

    @property
    def url(self) -> str:
        """Its address on the first node, as `guest`."""
        return self.urls[0]
