"""The Compose files: valid, complete, closed to the outside, and every word in them understood by Natalis."""

from __future__ import annotations

import ipaddress
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from natalis import __version__
from natalis.runtime.readers import read_span
from natalis.runtime.settings import Settings
from natalis.stores.postgres.options import API_POOL, WORKER_POOL
from natalis.testing.manifests import (
    interpolated,
    read_documents,
    settings_of,
    understood,
    unknown_variables,
    variables_of,
)

Service: TypeAlias = dict[str, Any]
FILES = ("production", "development")
CHOSEN = {
    "POSTGRES_PASSWORD": "one",
    "POSTGRES_ADMIN_PASSWORD": "two",
    "REPLICATION_PASSWORD": "three",
    "RABBITMQ_PASSWORD": "four",
    "RABBITMQ_COOKIE": "five",
    "REDIS_PASSWORD": "six",
}


@pytest.fixture(params=FILES)
def compose(request: pytest.FixtureRequest, deploy: Path) -> Path:
    path: Path = deploy / "compose" / f"{request.param}.yaml"
    return path


@pytest.fixture
def production(deploy: Path) -> dict[str, Any]:
    return read_documents(deploy / "compose" / "production.yaml")[0]


def services(compose: Path) -> Mapping[str, Service]:
    found: Mapping[str, Service] = read_documents(compose)[0]["services"]
    return found


def ours(compose: Path) -> Mapping[str, Service]:
    """Return the services that run our image."""
    return {name: each for name, each in services(compose).items() if "natalis:" in each["image"]}


def judged(path: Path) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        path,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_is_as_the_compose_specification_has_it(compose: Path, tmp_path: Path) -> None:
    found = judged(compose)
    assert found.returncode == 0, found.stdout
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(compose.read_text().replace("stop_grace_period:", "stop_grace_time:"))
    assert judged(wrong).returncode != 0  # it would have told


def test_every_command_is_one_that_there_is(compose: Path) -> None:
    for service in ours(compose).values():
        understood(service["command"])


def test_every_variable_is_a_setting_and_they_hold_together(compose: Path, deploy: Path, tmp_path: Path) -> None:
    for service in ours(compose).values():
        environ = {name: interpolated(value, CHOSEN) for name, value in service["environment"].items()}
        if "env_file" in service:
            environ |= read_env(deploy / "compose" / "natalis.env.example")
        assert not unknown_variables(environ)
        settings_of(environ, service["command"], tmp_path)


def test_every_setting_that_the_example_offers_would_do(deploy: Path, tmp_path: Path) -> None:
    text = (deploy / "compose" / "natalis.env.example").read_text()
    offered = tmp_path / "natalis.env"
    offered.write_text(re.sub(r"^# (?=\w+=)", "", text, flags=re.MULTILINE))
    environ = read_env(offered)
    assert len(environ) > len(read_env(deploy / "compose" / "natalis.env.example"))
    assert not unknown_variables(environ)
    settings_of(environ, ["up"], tmp_path)


def read_env(path: Path) -> dict[str, str]:
    """Return the variables of an env file."""
    lines = (line.partition("=") for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {name: value.strip("'") for name, _, value in lines}


def test_what_is_not_chosen_is_asked_for_and_what_is_asked_for_is_in_the_example(compose: Path, deploy: Path) -> None:
    asked = variables_of(compose.read_text())
    offered = read_env(deploy / "compose" / ".env.example")
    assert set(asked) <= set(offered)
    assert {name for name, needed in asked.items() if needed} <= {name for name in offered if not offered[name]}
    assert {name for name, value in offered.items() if not value} == set(CHOSEN)


def test_the_fleet_has_the_size_that_it_says(production: dict[str, Any]) -> None:
    count = {name: each.get("deploy", {}).get("replicas", 1) for name, each in production["services"].items()}
    kinds = {name: sum(n for each, n in count.items() if re.fullmatch(rf"{name}(-\d)?", each)) for name in KINDS}
    assert kinds == KINDS


KINDS = {
    "api": 5,
    "worker": 10,
    "planner": 2,
    "dispatcher": 2,
    "postgres": 1,
    "postgres-replica": 1,
    "rabbitmq": 3,
    "redis": 1,
    "nginx": 1,
}


def test_nginx_alone_is_published(production: dict[str, Any]) -> None:
    assert [name for name, each in production["services"].items() if "ports" in each] == ["nginx"]
    assert production["networks"]["inner"]["internal"]
    outside = {name for name, each in production["services"].items() if "outer" in each["networks"]}
    assert outside == {"nginx", "worker"}


def test_in_development_nothing_is_published_beyond_this_machine(deploy: Path) -> None:
    for service in services(deploy / "compose" / "development.yaml").values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_everything_is_watched_restarted_and_bounded(compose: Path) -> None:
    for name, service in services(compose).items():
        has_own = "natalis:" in service["image"]  # the image brings its health check
        assert has_own or service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] in {"unless-stopped", "on-failure"}, name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name


def test_every_image_is_pinned(compose: Path) -> None:
    for name, service in services(compose).items():
        assert re.search(r":[\w.-]*\d[\w.-]*\}?$|:development$", service["image"]), name
    assert f"natalis:{__version__}" in compose.read_text() or compose.stem == "development"


def test_ours_have_no_rights_and_nowhere_to_write(compose: Path) -> None:
    for service in ours(compose).values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        mounted = [each["target"] for each in service.get("volumes", [])]
        assert [*service["tmpfs"], *mounted] == ["/tmp"]  # noqa: S108 - of the container


def test_calls_under_way_have_time_to_end(compose: Path) -> None:
    for name, service in ours(compose).items():
        if name not in {"migrate", "provider"}:
            assert read_span(service["stop_grace_period"]) >= Settings().drain + timedelta(seconds=10)


def test_nobody_starts_before_the_database_is_up_to_date(compose: Path) -> None:
    for name, service in ours(compose).items():
        if name == "migrate":
            assert service["depends_on"]["postgres"]["condition"] == "service_healthy"
        elif name != "provider":
            assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_everyone_may_have_all_their_connections_at_once(production: dict[str, Any]) -> None:
    command = production["services"]["postgres"]["command"]
    (most,) = (int(word.partition("=")[2]) for word in command if word.startswith("max_connections="))
    others = sum(KINDS[name] for name in ("worker", "planner", "dispatcher"))
    assert most >= KINDS["api"] * API_POOL.most + others * WORKER_POOL.most + 20  # some for people and for migrating
    assert production["services"]["postgres-replica"]["command"] == command  # a replica must not have fewer


def test_nginx_knows_the_address_of_every_api_and_nobody_else_can_get_one(
    production: dict[str, Any], deploy: Path
) -> None:
    given = {
        each["networks"]["inner"]["ipv4_address"]
        for name, each in production["services"].items()
        if name.startswith("api-")
    }
    lines = (deploy / "nginx" / "site" / "apis.conf").read_text().splitlines()
    known = {line.split()[1] for line in lines if line.startswith("server ")}
    assert known == {f"{address}:{Settings().port}" for address in given}
    (range_,) = production["networks"]["inner"]["ipam"]["config"]
    for address in map(ipaddress.ip_address, given):
        assert address in ipaddress.ip_network(range_["subnet"])
        assert address not in ipaddress.ip_network(range_["ip_range"])


def test_nginx_runs_the_shipped_configuration_as_its_tests_do(production: dict[str, Any], deploy: Path) -> None:
    nginx = production["services"]["nginx"]
    words = nginx["entrypoint"]
    prefix = words[words.index("-p") + 1]
    assert words[words.index("-c") + 1] == "/etc/natalis/natalis.conf"
    assert words[-1] == f"daemon off; pid {prefix}/nginx.pid;"
    assert nginx["tmpfs"][0].partition(":")[0] == prefix
    assert "listen 8080;" in (deploy / "nginx" / "site" / "listen.conf").read_text()
    assert nginx["ports"][0].endswith(":8080")


def test_every_file_that_is_mounted_is_there(compose: Path) -> None:
    for service in services(compose).values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0] if isinstance(volume, str) else ""
            assert not source.startswith(".") or (compose.parent / source).exists(), source
    assert (compose.parent / "../../deploy/image/Containerfile").resolve().is_file()


def test_every_secret_that_is_used_is_declared(production: dict[str, Any]) -> None:
    used = {secret for each in production["services"].values() for secret in each.get("secrets", [])}
    assert used == set(production["secrets"])
    assert {each["environment"] for each in production["secrets"].values()} <= set(CHOSEN)


def test_the_repository_never_takes_the_secrets_in(deploy: Path) -> None:
    ignored = (deploy.parent / ".gitignore").read_text().splitlines()
    assert {"/deploy/compose/.env", "/deploy/compose/natalis.env", "/deploy/kubernetes/secret.yaml"} <= set(ignored)
