"""What watches a fleet: valid by its own tools, closed to the outside, and of one mind with the fleet it watches."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from natalis.testing.manifests import read_documents, variables_of
from natalis.testing.servers import programs
from natalis.testing.servers.exporters import BlackboxExporter, PostgresExporter
from natalis.testing.servers.postgres import Postgres
from plimsoll.budget.file.reading import read_file, read_text
from plimsoll.budget.promql import matchers_of

METRICS: Final = 9464
PROFILES: Final = {"observability", "promtail", "elastic"}
WITHOUT_A_SHELL: Final = {"collector", "loki", "alloy", "promtail"}
"""Their images hold nothing that could ask them how they are; Prometheus does."""


@pytest.fixture
def folder(deploy: Path) -> Path:
    return deploy / "observability"


@pytest.fixture
def compose(folder: Path) -> dict[str, Any]:
    return read_documents(folder / "compose.yaml")[0]


@pytest.fixture
def prometheus(folder: Path) -> dict[str, Any]:
    return read_documents(folder / "prometheus" / "prometheus.yml")[0]


@pytest.fixture
def provisioned(folder: Path) -> Mapping[str, dict[str, Any]]:
    """Return Grafana's data sources by their ids."""
    (document,) = read_documents(folder / "grafana" / "provisioning" / "datasources" / "natalis.yaml")
    return {each["uid"]: each for each in document["datasources"]}


def test_compose_is_as_its_specification_has_it(folder: Path, tmp_path: Path) -> None:
    assert judged(folder / "compose.yaml") == 0
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((folder / "compose.yaml").read_text().replace("profiles:", "profile:"))
    assert judged(wrong) != 0  # it would have told


def judged(path: Path) -> int:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_nothing_starts_unless_its_profile_is_asked_for(compose: dict[str, Any]) -> None:
    assert all(each["profiles"] for each in compose["services"].values())
    assert {profile for each in compose["services"].values() for profile in each["profiles"]} == PROFILES


def test_what_a_profile_needs_is_in_it(compose: dict[str, Any]) -> None:
    for name, each in compose["services"].items():
        for other in each.get("depends_on", {}):
            assert set(each["profiles"]) <= set(compose["services"][other]["profiles"]), name


def test_nothing_is_published_beyond_this_machine(compose: dict[str, Any]) -> None:
    for name, each in compose["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in each.get("ports", []))
        assert "outer" in each["networks"] or "ports" not in each, name  # from an internal one nothing is published
    assert compose["networks"]["watch"]["internal"]


def test_everything_is_pinned_bounded_restarted_and_without_rights(compose: dict[str, Any]) -> None:
    for name, each in compose["services"].items():
        assert re.search(r":v?\d+\.\d+\.\d+(-alpine)?$", each["image"]), name
        assert set(each["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
        assert each["restart"] == "unless-stopped", name
        assert each["cap_drop"] == ["ALL"], name
        assert each["healthcheck"].get("disable", False) is (name in WITHOUT_A_SHELL), name


def test_what_is_not_chosen_is_in_the_example(folder: Path, compose: dict[str, Any]) -> None:
    offered = {line.partition("=")[0] for line in (folder / ".env.example").read_text().splitlines() if "=" in line}
    asked = set(variables_of((folder / "compose.yaml").read_text()))

    assert asked | {each["environment"] for each in compose["secrets"].values()} <= offered
    assert "/deploy/observability/.env" in (folder.parents[1] / ".gitignore").read_text().splitlines()


def test_every_file_that_is_mounted_is_there(folder: Path, compose: dict[str, Any]) -> None:
    sources = {mount.partition(":")[0] for each in compose["services"].values() for mount in each.get("volumes", [])}

    assert {source for source in sources if source.startswith("./") and not (folder / source).exists()} == set()
    named = {source for source in sources if not source.startswith((".", "/"))}
    assert named == set(compose["volumes"])


def test_the_network_is_that_of_the_fleet(deploy: Path, compose: dict[str, Any]) -> None:
    (production,) = read_documents(deploy / "compose" / "production.yaml")

    assert compose["networks"]["fleet"]["name"] == f"${{NATALIS_NETWORK:-{production['name']}_inner}}"
    assert "inner" in production["networks"]


def test_promtool_accepts_the_scrape_configuration_and_the_rules(folder: Path) -> None:
    programs.run([programs.find("promtool"), "check", "config", str(folder / "prometheus" / "prometheus.yml")])


def test_every_process_of_the_fleet_is_scraped_by_its_name(deploy: Path, prometheus: dict[str, Any]) -> None:
    scraped = {name for job in prometheus["scrape_configs"] for name in named(job) if job["job_name"] != "rabbitmq"}
    for file in ("production", "development"):
        services = read_documents(deploy / "compose" / f"{file}.yaml")[0]["services"]
        ours = {name for name, each in services.items() if "natalis:" in each["image"]}
        assert ours - {"migrate", "provider"} <= scraped
        brokers = {name for name in services if name.startswith("rabbitmq")}
        assert brokers <= set(named(job_of(prometheus, "rabbitmq")))


def named(job: Mapping[str, Any]) -> Iterator[str]:
    for each in job.get("dns_sd_configs", ()):
        yield from each["names"]


def job_of(prometheus: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    (job,) = (each for each in prometheus["scrape_configs"] if each["job_name"] == name)
    return dict(job)


def test_processes_are_scraped_on_the_port_of_their_metrics_and_the_api_most_often(prometheus: dict[str, Any]) -> None:
    jobs = {job["job_name"]: job for job in prometheus["scrape_configs"]}

    assert prometheus["global"]["scrape_interval"] == "15s"
    assert jobs["natalis-api"]["scrape_interval"] == "5s"
    ours = [job for name, job in jobs.items() if name.startswith("natalis-")]
    assert {each["port"] for job in ours for each in job["dns_sd_configs"]} == {METRICS}


def test_every_target_that_has_a_name_here_is_a_service_here(
    compose: dict[str, Any], prometheus: dict[str, Any]
) -> None:
    targets = {
        target.partition(":")[0]
        for job in prometheus["scrape_configs"]
        for each in job.get("static_configs", ())
        for target in each["targets"]
        if not target.startswith("http")
    }

    assert targets - {"127.0.0.1"} <= set(compose["services"])


def test_the_budgets_select_by_jobs_that_there_are(deploy: Path, prometheus: dict[str, Any]) -> None:
    jobs = {job["job_name"] for job in prometheus["scrape_configs"]}
    watch = read_file(deploy.parent / "perf" / "plimsoll.yaml").watch
    assert watch is not None

    for source, labels in watch.sources.items():
        assert any(all(m.holds(job) for m in matchers_of(labels) if m.label == "job") for job in jobs), source


def test_the_blackbox_exporter_accepts_its_configuration_and_has_the_module_that_is_asked_for(
    folder: Path, prometheus: dict[str, Any]
) -> None:
    configuration = folder / "blackbox" / "blackbox.yaml"
    programs.run([programs.find(BlackboxExporter.program), f"--config.file={configuration}", "--config.check"])
    (module,) = job_of(prometheus, "blackbox")["params"]["module"]
    assert module in read_documents(configuration)[0]["modules"]


@pytest.mark.network
def test_the_role_of_the_postgres_exporter_sees_the_server_and_nothing_that_people_wrote(folder: Path) -> None:
    with Postgres() as server:
        script = (folder / "postgres" / "watcher.sql").read_text()
        for _ in range(2):  # it can be run again
            server.sql(f"\\set password of-the-watcher\n{script}")
        server.sql("create table letters (text text); insert into letters values ('private')")
        with PostgresExporter(server, role="watcher") as exporter:
            scraped = exporter.scraped()
        seen = "set role watcher; select has_table_privilege('letters', 'select'), rolsuper from pg_roles"
        answer = server.sql(f"{seen} where rolname = 'watcher'")

    assert "\npg_up" in scraped or "\npg_stat_database_xact_commit" in scraped
    assert "pg_exporter_last_scrape_error 0" in scraped
    assert answer == "f|f"


def test_every_pipeline_of_the_collector_is_of_parts_that_it_has(folder: Path) -> None:
    (collector,) = read_documents(folder / "collector" / "collector.yaml")

    for pipeline in collector["service"]["pipelines"].values():
        for kind, parts in pipeline.items():
            assert set(parts) <= set(collector[kind])
    assert set(collector["service"]["extensions"]) == set(collector["extensions"])
    assert collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"].endswith(":4318")


def test_grafana_finds_the_dashboards_and_they_find_their_data(
    folder: Path, compose: dict[str, Any], provisioned: Mapping[str, dict[str, Any]]
) -> None:
    (provider,) = read_documents(folder / "grafana" / "provisioning" / "dashboards" / "natalis.yaml")[0]["providers"]
    mounts = dict(mount.split(":")[:2] for mount in compose["services"]["grafana"]["volumes"])
    (shipped,) = (source for source, target in mounts.items() if target == provider["options"]["path"])
    boards = [json.loads(path.read_text()) for path in (folder / shipped).glob("*.json")]
    home = compose["services"]["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]

    assert (folder / shipped / Path(home).name).is_file()
    assert len({board["uid"] for board in boards}) == len(boards) > 0
    kinds = {panel["datasource"]["type"] for board in boards for panel in board["panels"] if "datasource" in panel}
    assert kinds == {"prometheus"}
    assert provisioned["prometheus"]["isDefault"]


def test_a_trace_is_one_click_from_a_graph_and_a_log_line_and_back(
    compose: dict[str, Any], provisioned: Mapping[str, dict[str, Any]]
) -> None:
    (from_graph,) = provisioned["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    (from_line,) = provisioned["loki"]["jsonData"]["derivedFields"]
    line = '{"@timestamp":"2026-01-01T09:00:00Z","log.level":"info","trace.id":"4bf92f3577b34da6a3ce929d0e0e4736"}'
    found = re.search(from_line["matcherRegex"], line)

    assert from_graph == {"name": "trace_id", "datasourceUid": "jaeger"}
    assert found is not None
    assert found[1] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert provisioned["jaeger"]["jsonData"]["tracesToLogsV2"]["datasourceUid"] == "loki"
    assert {each["url"].split("//")[1].partition(":")[0] for each in provisioned.values()} <= set(compose["services"])


def test_kubernetes_scrapes_the_pods_that_there_are_by_the_jobs_of_the_budgets(deploy: Path, folder: Path) -> None:
    (monitor,) = read_documents(folder / "pods.yaml")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    wanted = monitor["spec"]["selector"]["matchLabels"]
    for role in ("api", "planner", "dispatcher", "worker"):
        documents = read_documents(deploy / "kubernetes" / f"{role}.yaml")
        (pod,) = (each["spec"]["template"] for each in documents if each["kind"] == "Deployment")
        labels = pod["metadata"]["labels"]
        ports = {port["name"] for container in pod["spec"]["containers"] for port in container["ports"]}
        assert wanted.items() <= labels.items()
        assert endpoint["port"] in ports
        assert labels["app.kubernetes.io/component"] == role  # of which the job is made
    assert endpoint["relabelings"][0]["replacement"] == "natalis-$1"


def test_kubernetes_gets_every_dashboard(folder: Path) -> None:
    (kustomization,) = read_documents(folder / "kustomization.yaml")
    (made,) = kustomization["configMapGenerator"]

    assert {folder / each for each in made["files"]} == set((folder / "grafana" / "dashboards").glob("*.json"))


def test_the_page_about_it_names_what_there_is(deploy: Path, folder: Path, compose: dict[str, Any]) -> None:
    page = (deploy.parent / "docs" / "how-to" / "watch-natalis.md").read_text(encoding="utf-8")
    published = {port.split(":")[1] for each in compose["services"].values() for port in each.get("ports", [])}

    assert set(re.findall(r"<http://127\.0\.0\.1:(\d+)", page)) <= published
    assert set(re.findall(r"--profile (\w+)", page)) <= PROFILES
    named = re.findall(r"--file (\S+\.yaml)", page)
    assert named
    assert all((folder / each).exists() or (deploy.parent / each).exists() for each in named)
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert read_text(f"service: {{name: natalis}}\n{shown}").boards["business"].rows


@pytest.mark.parametrize("shipper", ["alloy/config.alloy", "promtail/promtail.yaml"])
def test_logs_are_found_by_few_labels_and_ids_are_none_of_them(folder: Path, shipper: str) -> None:
    text = (folder / shipper).read_text()
    (labels,) = re.findall(r"stage\.labels \{.*?\}|- labels: \{.*?\}", text, re.DOTALL)

    assert "level" in labels
    assert "trace_id" not in labels
    assert "trace.id" in text
