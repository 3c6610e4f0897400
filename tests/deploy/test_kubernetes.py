"""The Kubernetes manifests: valid, without rights, consistent with one another, and understood by Natalis."""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import kubernetes_validate
import pytest
from jsonschema import Draft202012Validator, ValidationError

from natalis import __version__
from natalis.errors import SettingsInvalid
from natalis.runtime.settings import Settings
from natalis.telemetry.metrics import Metrics, Readings
from natalis.testing.manifests import read_documents, settings_of, understood, unknown_variables
from plimsoll.instrument.registry import Registry

Resource: TypeAlias = dict[str, Any]
OLDEST, NEWEST = "1.29", kubernetes_validate.latest_version()
ROLES = ("api", "planner", "dispatcher", "worker")
APART = {"secret.example.yaml", "secret.yaml", "migrate.yaml", "kustomization.yaml"}


@pytest.fixture(scope="module")
def resources(deploy: Path) -> Sequence[Resource]:
    return [
        each
        for path in sorted((deploy / "kubernetes").glob("*.yaml"))
        if path.name not in {"kustomization.yaml", "secret.yaml"}
        for each in read_documents(path)
    ]


def of_kind(resources: Sequence[Resource], kind: str) -> Mapping[str, Resource]:
    return {each["metadata"]["name"]: each for each in resources if each["kind"] == kind}


def pods(resources: Sequence[Resource]) -> Mapping[str, Resource]:
    """Return what each role's processes are made from, and the migration's."""
    kinds = {**of_kind(resources, "Deployment"), **of_kind(resources, "Job")}
    return {name.removeprefix("natalis-"): each["spec"]["template"] for name, each in kinds.items()}


def container(pod: Resource) -> Resource:
    (only,) = pod["spec"]["containers"]
    found: Resource = only
    return found


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_resource_is_as_kubernetes_has_it(version: str, resources: Sequence[Resource]) -> None:
    for each in resources:
        if each["kind"] != "ScaledObject":
            kubernetes_validate.validate(each, version, strict=True)


def test_a_wrong_word_would_have_been_found(resources: Sequence[Resource]) -> None:
    wrong = copy.deepcopy(of_kind(resources, "Deployment")["natalis-api"])
    wrong["spec"]["template"]["spec"]["containers"][0]["readyProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, NEWEST, strict=True)


def test_the_scaled_object_is_as_keda_has_it(resources: Sequence[Resource]) -> None:
    schema = json.loads(Path(__file__).with_name("scaled-object.schema.json").read_text())
    judge = Draft202012Validator(schema)
    (scaled,) = of_kind(resources, "ScaledObject").values()
    judge.validate(scaled)
    wrong = copy.deepcopy(scaled)
    wrong["spec"]["maxReplicas"] = 30
    with pytest.raises(ValidationError):
        judge.validate(wrong)


def test_every_command_is_one_that_there_is(resources: Sequence[Resource]) -> None:
    for pod in pods(resources).values():
        understood(container(pod)["args"])


def environ_of(resources: Sequence[Resource], pod: Resource) -> dict[str, str]:
    """Return what a process finds in its environment."""
    given = container(pod)
    maps, secrets = of_kind(resources, "ConfigMap"), of_kind(resources, "Secret")
    environ: dict[str, str] = {}
    for source in given["envFrom"]:
        environ |= maps[source["configMapRef"]["name"]]["data"] if "configMapRef" in source else {}
        environ |= secrets[source["secretRef"]["name"]]["stringData"] if "secretRef" in source else {}
    return environ | {each["name"]: each["value"] for each in given.get("env", [])}


def test_every_variable_is_a_setting_and_they_hold_together(resources: Sequence[Resource], tmp_path: Path) -> None:
    for pod in pods(resources).values():
        environ = environ_of(resources, pod)
        assert not unknown_variables(environ)
        settings_of(environ, container(pod)["args"], tmp_path)


def test_services_do_not_become_variables_which_would_keep_a_process_from_starting(
    resources: Sequence[Resource], tmp_path: Path
) -> None:
    (service,) = of_kind(resources, "Service")
    linked = f"{service.upper().replace('-', '_')}_SERVICE_HOST"
    for pod in pods(resources).values():
        assert pod["spec"]["enableServiceLinks"] is False
        with pytest.raises(SettingsInvalid, match=linked):
            settings_of({**environ_of(resources, pod), linked: "10.0.0.1"}, container(pod)["args"], tmp_path)


def test_nobody_has_rights_or_a_place_to_write(resources: Sequence[Resource]) -> None:
    for pod in pods(resources).values():
        spec, given = pod["spec"], container(pod)
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["runAsUser"] == 10001  # as in the image
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert given["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert [each["mountPath"] for each in given["volumeMounts"]] == ["/tmp"]  # noqa: S108 - of the container


def test_everybody_is_bounded_and_of_this_version(resources: Sequence[Resource], deploy: Path) -> None:
    for pod in pods(resources).values():
        assert set(container(pod)["resources"]) == {"requests", "limits"}
        assert container(pod)["image"] == f"natalis:{__version__}"
    (image,) = read_documents(deploy / "kubernetes" / "kustomization.yaml")[0]["images"]
    assert (image["name"], image["newTag"]) == ("natalis", __version__)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_probed_where_it_answers(role: str, resources: Sequence[Resource]) -> None:
    given = container(pods(resources)[role])
    ports = {each["name"]: each["containerPort"] for each in given["ports"]}
    probes = {kind: given[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
    asked = {kind: (probe["path"], ports[probe["port"]]) for kind, probe in probes.items()}
    if role == "api":
        assert asked == {"startup": ("/health", 3000), "readiness": ("/ready", 3000), "liveness": ("/health", 3000)}
    else:
        assert set(asked.values()) == {("/health", Settings().metrics_port)}


def test_what_is_under_way_has_time_to_end(resources: Sequence[Resource]) -> None:
    for role in ROLES:
        pod = pods(resources)[role]
        stop = (
            container(pod).get("lifecycle", {}).get("preStop", {}).get("exec", {"command": ["sleep", "0"]})["command"]
        )
        grace = timedelta(seconds=pod["spec"]["terminationGracePeriodSeconds"] - int(stop[1]))
        assert grace >= Settings().drain + timedelta(seconds=10), role


def test_every_selector_finds_what_it_is_for(resources: Sequence[Resource]) -> None:
    labels = {role: pod["metadata"]["labels"] for role, pod in pods(resources).items()}
    for role in ROLES:
        mine = [*selectors(resources, f"natalis-{role}"), *spreads(pods(resources)[role])]
        assert len(mine) >= 4, role
        for selector in mine:
            assert [each for each, found in labels.items() if selector.items() <= found.items()] == [role]


def selectors(resources: Sequence[Resource], name: str) -> Iterator[Mapping[str, str]]:
    for each in resources:
        if each["metadata"]["name"] == name and each["kind"] in {"Deployment", "PodDisruptionBudget", "Service"}:
            selector = each["spec"]["selector"]
            yield selector.get("matchLabels", selector)


def spreads(pod: Resource) -> list[Mapping[str, str]]:
    return [each["labelSelector"]["matchLabels"] for each in pod["spec"]["topologySpreadConstraints"]]


def test_the_way_in_leads_to_the_api(resources: Sequence[Resource]) -> None:
    (ingress,) = of_kind(resources, "Ingress").values()
    (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
    service = of_kind(resources, "Service")[path["backend"]["service"]["name"]]
    (port,) = service["spec"]["ports"]
    assert path["backend"]["service"]["port"]["name"] == port["name"]
    assert port["targetPort"] in {each["name"] for each in container(pods(resources)["api"])["ports"]}


def test_a_disruption_leaves_most_of_every_role(resources: Sequence[Resource]) -> None:
    budgets = of_kind(resources, "PodDisruptionBudget")
    assert set(budgets) == {f"natalis-{role}" for role in ROLES}
    assert {role: budgets[f"natalis-{role}"]["spec"]["maxUnavailable"] for role in ROLES} == {
        "api": 1,
        "planner": 1,
        "dispatcher": 1,
        "worker": "25%",
    }


def test_numbers_that_a_scaler_decides_are_not_decided_twice(resources: Sequence[Resource]) -> None:
    deployments = of_kind(resources, "Deployment")
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]
        for kind in ("HorizontalPodAutoscaler", "ScaledObject")
        for each in of_kind(resources, kind).values()
    }
    assert scaled == {"natalis-api", "natalis-worker"}
    assert {name for name, each in deployments.items() if "replicas" not in each["spec"]} == scaled


def test_the_api_grows_at_seventy_percent_of_a_core_asked_for(resources: Sequence[Resource]) -> None:
    spec = of_kind(resources, "HorizontalPodAutoscaler")["natalis-api"]["spec"]
    assert spec["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (5, 20)


def settled(scaled: Resource, workers: int, waiting: int) -> int:
    """Return how many workers there are in the end, by the rule of the autoscaler for a metric of the type Value.

    Source: Kubernetes, "Algorithm details" of the HorizontalPodAutoscaler: ceil(current x value / target), no step in
    the tolerance of a tenth, and the bounds last.
    """
    modifiers = scaled["spec"]["advanced"]["scalingModifiers"]
    found = re.fullmatch(
        r"waiting > (\d+) \? ([\d.]+) : \(waiting < (\d+) \? ([\d.]+) : ([\d.]+)\)", modifiers["formula"]
    )
    assert found is not None
    high, more, low, fewer, same = map(float, found.groups())
    value = more if waiting > high else fewer if waiting < low else same
    ratio = value / float(modifiers["target"])
    wanted = workers if abs(ratio - 1) <= 0.1 else math.ceil(workers * ratio)
    bounded = min(max(wanted, scaled["spec"]["minReplicaCount"]), scaled["spec"]["maxReplicaCount"])
    return bounded if bounded == workers else settled(scaled, bounded, waiting)


@pytest.mark.parametrize(
    ("workers", "waiting", "then"),
    [
        (10, 1001, 30),
        (10, 1000, 10),
        (30, 100, 30),
        (30, 99, 10),
        (17, 500, 17),
        (30, 100_000, 30),
        (10, 0, 10),
        (1, 5, 10),
    ],
)
def test_workers_go_up_over_a_thousand_waiting_and_down_under_a_hundred(
    workers: int, waiting: int, then: int, resources: Sequence[Resource]
) -> None:
    (scaled,) = of_kind(resources, "ScaledObject").values()
    assert settled(scaled, workers, waiting) == then


def test_the_scaler_asks_for_a_metric_that_there_is(resources: Sequence[Resource]) -> None:
    (scaled,) = of_kind(resources, "ScaledObject").values()
    (trigger,) = scaled["spec"]["triggers"]
    found = re.fullmatch(r"max\((\w+)\)", trigger["metadata"]["query"])
    assert found is not None
    registry = Registry()
    Metrics(registry).read(Readings())
    assert f"\n{found[1]}{{".encode() in registry.exposition()
    assert trigger["name"] in scaled["spec"]["advanced"]["scalingModifiers"]["formula"]


def test_kustomize_takes_everything_but_what_goes_before(deploy: Path) -> None:
    folder = deploy / "kubernetes"
    listed = read_documents(folder / "kustomization.yaml")[0]["resources"]
    assert sorted(listed) == sorted(path.name for path in folder.glob("*.yaml") if path.name not in APART)
