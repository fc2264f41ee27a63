"""The Kubernetes overlays are valid, run every process of the code, and give it the rights and checks it needs."""

from __future__ import annotations

import shutil
from typing import Any

import kubernetes_validate
import pytest

from shared.contracts.topics import TOPICS
from tests.support.deployment import (
    OVERLAYS,
    ROOT,
    SERVICES,
    Manifest,
    compose,
    container_of,
    objects,
    our_workloads,
    overlay,
    pod_labels,
    processes_of,
    selects,
    service_of_image,
    workloads,
)

pytestmark = [
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="not run: kubectl absent"),
    pytest.mark.parametrize("name", OVERLAYS),
]
OLDEST_KUBERNETES = "1.31"
WRITES_TO_ITS_IMAGE = {"kafka"}
"""The image of Apache Kafka writes its configuration into itself at every start."""


def named(item: Manifest) -> str:
    return str(item["metadata"]["name"])


@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, kubernetes_validate.latest_version()])
def test_every_object_follows_the_schema_of_kubernetes(name: str, version: str) -> None:
    standard = [item for item in overlay(name) if not item["apiVersion"].startswith("keda.sh/")]
    assert len(standard) > len(SERVICES)
    for item in standard:
        assert version.startswith(kubernetes_validate.validate(item, version, strict=True))


def test_every_object_lives_in_one_namespace(name: str) -> None:
    assert {item["metadata"].get("namespace") for item in overlay(name) if item["kind"] != "Namespace"} == {"hito"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_process_of_a_service_runs_in_pods_of_its_own(name: str, service: str) -> None:
    started = [
        process
        for item in our_workloads(name)
        if service_of_image(container_of(item)["image"]) == service and "command" not in container_of(item)
        for process in container_of(item)["args"]
    ]
    assert sorted(started) == sorted(processes_of(service))


def test_one_shot_processes_are_jobs_and_the_rest_are_deployments(name: str) -> None:
    assert {named(item) for item in our_workloads(name, "Job")} == {"topics", "tracking-migrate", "notifier-migrate"}
    assert not [item for item in our_workloads(name, "Deployment") if "migrate" in container_of(item)["args"]]


def test_no_container_has_rights_that_it_does_not_need(name: str) -> None:
    for item in workloads(name):
        pod, container = item["spec"]["template"]["spec"], container_of(item)
        assert pod["securityContext"]["runAsNonRoot"] is True, named(item)
        assert pod["securityContext"]["runAsUser"] > 0, named(item)
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, named(item)
        assert pod["automountServiceAccountToken"] is False, named(item)
        assert container["securityContext"]["allowPrivilegeEscalation"] is False, named(item)
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, named(item)
        assert container["securityContext"]["readOnlyRootFilesystem"] is (named(item) not in WRITES_TO_ITS_IMAGE)


def test_the_namespace_refuses_pods_with_more_rights(name: str) -> None:
    (namespace,) = objects(name, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_no_service_sets_variables_that_look_like_our_settings(name: str) -> None:
    """Service links would set TRACKING_PORT=tcp://... beside a Service called tracking, and KAFKA_PORT beside kafka."""
    assert all(item["spec"]["template"]["spec"]["enableServiceLinks"] is False for item in workloads(name))


def test_every_container_asks_for_what_it_uses_and_has_a_ceiling_on_memory(name: str) -> None:
    for item in workloads(name):
        resources = container_of(item)["resources"]
        assert set(resources["requests"]) == {"cpu", "memory"}, named(item)
        assert "memory" in resources["limits"], named(item)


def test_every_server_is_probed(name: str) -> None:
    for item in (*objects(name, "Deployment"), *objects(name, "StatefulSet")):
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container_of(item)), named(item)
    for item in our_workloads(name, "Deployment"):
        container = container_of(item)
        paths = [container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness", "readiness")]
        assert paths == ["/livez", "/livez", "/readyz"], named(item)
        assert {container[f"{probe}Probe"]["httpGet"]["port"] for probe in ("startup", "liveness", "readiness")} == {
            "http"
        }


def test_a_process_is_probed_on_the_port_that_its_settings_give_it(name: str) -> None:
    (settings,) = (item["data"] for item in objects(name, "ConfigMap") if named(item).startswith("settings"))
    variable = {
        "gateway-api": "GATEWAY_PORT",
        "tracking-api": "TRACKING_PORT",
        "notifier-api": "NOTIFIER_PORT",
        "tracking-console": "CONSOLE_PORT",
    }
    for item in our_workloads(name, "Deployment"):
        (port,) = container_of(item)["ports"]
        assert port["name"] == "http"
        assert port["containerPort"] == int(settings[variable.get(named(item), "OPS_PORT")]), named(item)


def test_a_prometheus_that_looks_for_pods_finds_every_process(name: str) -> None:
    for item in our_workloads(name, "Deployment"):
        told = item["spec"]["template"]["metadata"]["annotations"]
        assert (told["prometheus.io/scrape"], told["prometheus.io/path"]) == ("true", "/metrics"), named(item)


def test_a_stop_leaves_time_to_drain(name: str) -> None:
    assert {item["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] for item in our_workloads(name)} == {60}


def test_a_drained_node_takes_one_pod_of_a_group_at_a_time(name: str) -> None:
    budgets = objects(name, "PodDisruptionBudget")
    for item in our_workloads(name, "Deployment"):
        (budget,) = [budget for budget in budgets if selects(budget["spec"]["selector"], pod_labels(item))]
        assert budget["spec"]["maxUnavailable"] == 1


def test_a_group_selects_its_own_pods_and_no_others(name: str) -> None:
    for item in (*objects(name, "Deployment"), *objects(name, "StatefulSet")):
        assert [named(other) for other in workloads(name) if selects(item["spec"]["selector"], pod_labels(other))] == [
            named(item)
        ]


def test_secrets_are_referenced_and_never_included(name: str) -> None:
    assert not objects(name, "Secret")
    expected = {"carrier_gateway": "gateway", "tracking": "tracking", "notifier": "notifier"}
    for item in our_workloads(name):
        secrets = {source["secretRef"]["name"] for source in container_of(item)["envFrom"] if "secretRef" in source}
        service = service_of_image(container_of(item)["image"]) or ""
        assert secrets == (set() if named(item) == "topics" else {expected[service]}), named(item)


def test_every_configmap_that_a_pod_names_is_there(name: str) -> None:
    there = {named(item) for item in objects(name, "ConfigMap")}
    for item in workloads(name):
        pod = item["spec"]["template"]["spec"]
        wanted = {
            source["configMapRef"]["name"]
            for source in container_of(item).get("envFrom", [])
            if "configMapRef" in source
        }
        wanted |= {volume["configMap"]["name"] for volume in pod.get("volumes", []) if "configMap" in volume}
        assert wanted <= there, named(item)


def test_every_shop_of_the_repository_reaches_the_pods(name: str) -> None:
    (shops,) = (item["data"] for item in objects(name, "ConfigMap") if named(item).startswith("shops"))
    files = {file.name: file.read_text("utf-8") for file in (ROOT / "config/shops").glob("*.toml")}
    assert files
    assert shops == files, "add the shop to config/kustomization.yaml"


def test_consumers_scale_on_the_lag_of_exactly_the_topics_they_read(name: str) -> None:
    scaled = {item["spec"]["scaleTargetRef"]["name"]: item["spec"] for item in objects(name, "ScaledObject")}
    assert set(scaled) == ({"tracking-consume", "notifier-consume"} if name == "production" else set())
    for target, spec in scaled.items():
        service = target.removesuffix("-consume")
        assert {trigger["metadata"]["topic"] for trigger in spec["triggers"]} == {
            topic.name for topic in TOPICS if service in topic.consumers
        }
        assert spec["maxReplicaCount"] == min(topic.partitions for topic in TOPICS if service in topic.consumers)
        assert spec["minReplicaCount"] == 2
        for trigger in spec["triggers"]:
            check_kafka_trigger(trigger)
        assert (
            spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"]
            >= 300
        )
        (deployment,) = [item for item in objects(name, "Deployment") if named(item) == target]
        assert "replicas" not in deployment["spec"], "an apply would undo what KEDA decided"


def check_kafka_trigger(trigger: dict[str, Any]) -> None:
    """KEDA's own resources have no schema here. Fields: https://keda.sh/docs/latest/scalers/apache-kafka/."""
    metadata = trigger["metadata"]
    assert trigger["type"] == "kafka"
    assert all(isinstance(value, str) for value in metadata.values()), "KEDA takes strings only"
    assert metadata["bootstrapServersFromEnv"] == "KAFKA_BOOTSTRAP"
    assert metadata["offsetResetPolicy"] == "earliest", "or a group without offsets never starts to scale"
    assert metadata["limitToPartitionsWithLag"] == "true"
    assert int(metadata["lagThreshold"]) > 0
    assert tuple(map(int, metadata["version"].split("."))) >= (2, 1), "Kafka 4 answers no older protocol"


def test_backends_of_the_local_overlay_are_those_of_compose(name: str) -> None:
    here = {named(item): container_of(item)["image"] for item in workloads(name) if item not in our_workloads(name)}
    there = {other: entry["image"] for other, entry in compose()["services"].items() if other in here}
    assert here == there
    assert set(here) == ({"kafka", "postgres", "mailpit"} if name == "local" else set())
