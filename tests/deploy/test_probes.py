"""Every probe of the Kubernetes manifests is answered by the process that they start."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

import pytest

from natalis.testing.machine import Machine, first_answer
from natalis.testing.manifests import read_documents
from natalis.testing.servers import ports
from natalis.testing.servers.postgres import PostgresDatabase
from natalis.testing.servers.rabbitmq import VirtualHost

ROLES = ("api", "planner", "dispatcher", "worker")


def container_of(role: str, deploy: Path) -> dict[str, Any]:
    """Return what the pods of a role run."""
    (deployment,) = (
        each for each in read_documents(deploy / "kubernetes" / f"{role}.yaml") if each["kind"] == "Deployment"
    )
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = container
    return found


@pytest.mark.network
@pytest.mark.parametrize("role", ROLES)
def test_every_probe_of_a_role_is_answered_without_a_token(
    role: str, deploy: Path, tmp_path: Path, migrated: PostgresDatabase, rabbitmq: VirtualHost
) -> None:
    container = container_of(role, deploy)
    claims = {each["name"]: ports.reserve() for each in container["ports"]}
    machine = Machine(tmp_path)
    machine.settings |= {each["name"]: each["value"] for each in container["env"]}  # not loopback: tokens are asked for
    machine.settings |= {"DATABASE_URL": migrated.url, "QUEUE_URL": rabbitmq.url}
    machine.settings |= {"METRICS_PORT": str(claims["metrics"].number), "NATALIS_PROVIDER_URL": "http://127.0.0.1:1"}
    if "http" in claims:
        machine.settings["NATALIS_PORT"] = str(claims["http"].number)
    machine.run("token", "create", "first", "--scope", "admin")

    with machine.running(*container["args"]) as process:
        first_answer(process)
        for probe in ("startup", "readiness", "liveness"):
            asked = container[f"{probe}Probe"]["httpGet"]
            url = f"http://127.0.0.1:{claims[asked['port']].number}{asked['path']}"
            with urllib.request.urlopen(url, timeout=30) as answer:
                assert answer.status == 200, probe
    for claim in claims.values():
        claim.release()
