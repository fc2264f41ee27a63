"""Who can reach whom in Kubernetes: the outside only the public paths, and every pod only what it works with."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.support.deployment import OVERLAYS, container_of, objects, our_workloads, pod_labels, selects, workloads

pytestmark = [
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="not run: kubectl absent"),
    pytest.mark.parametrize("name", OVERLAYS),
]
PUBLIC = {
    "/webhooks": "gateway-api",
    "/v1/shops": "tracking-api",
    "/t": "tracking-api",
    "/receipts": "notifier-api",
    "/preferences": "notifier-api",
}


def policies(name: str, direction: str, workload: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules of one direction ("ingress" or "egress") that apply to the pods of a workload."""
    return [
        rule
        for policy in objects(name, "NetworkPolicy")
        if selects(policy["spec"]["podSelector"], pod_labels(workload))
        for rule in policy["spec"].get(direction, [])
    ]


def open_ports(name: str, direction: str, workload: dict[str, Any]) -> set[int | str]:
    return {port["port"] for rule in policies(name, direction, workload) for port in rule["ports"]}


def test_the_outside_reaches_the_public_paths_and_nothing_else(name: str) -> None:
    (ingress,) = objects(name, "Ingress")
    (rule,) = ingress["spec"]["rules"]
    paths = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert paths == PUBLIC
    assert {path["pathType"] for path in rule["http"]["paths"]} == {"Prefix"}


def test_production_speaks_tls(name: str) -> None:
    (ingress,) = objects(name, "Ingress")
    hosts = [host for entry in ingress["spec"].get("tls", []) for host in entry["hosts"]]
    assert hosts == ([rule["host"] for rule in ingress["spec"]["rules"]] if name == "production" else [])


def test_every_backend_of_the_ingress_is_a_service_with_pods(name: str) -> None:
    services = {item["metadata"]["name"]: item["spec"] for item in objects(name, "Service")}
    for target in set(PUBLIC.values()):
        (port,) = services[target]["ports"]
        assert (port["name"], port["targetPort"]) == ("http", "http")
        pods = [
            item
            for item in our_workloads(name, "Deployment")
            if selects({"matchLabels": services[target]["selector"]}, pod_labels(item))
        ]
        assert [item["metadata"]["name"] for item in pods] == [target]
        assert container_of(pods[0])["ports"] == [{"name": "http", "containerPort": port["port"]}]


def test_nothing_is_allowed_unless_a_policy_says_so(name: str) -> None:
    (default,) = [
        item["spec"]
        for item in objects(name, "NetworkPolicy")
        if not item["spec"].get("podSelector") and set(item["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    ]
    assert "ingress" not in default
    assert "egress" not in default


def test_every_policy_applies_to_pods_that_exist(name: str) -> None:
    for policy in objects(name, "NetworkPolicy"):
        assert any(selects(policy["spec"]["podSelector"], pod_labels(item)) for item in workloads(name)), policy[
            "metadata"
        ]["name"]


def test_every_process_reaches_kafka_and_the_ones_with_a_database_reach_it(name: str) -> None:
    for item in our_workloads(name):
        ports = open_ports(name, "egress", item)
        assert 9092 in ports
        assert (5432 in ports) == ("carrier-gateway" not in container_of(item)["image"])


def test_only_the_poller_and_the_sender_reach_the_internet_and_never_a_private_address(name: str) -> None:
    reach = {}
    for item in our_workloads(name):
        blocks = [
            to["ipBlock"] for rule in policies(name, "egress", item) for to in rule.get("to", []) if "ipBlock" in to
        ]
        reach[item["metadata"]["name"]] = [block for block in blocks if block["cidr"] in ("0.0.0.0/0", "::/0")]
    assert {workload for workload, blocks in reach.items() if blocks} == {"gateway-poll", "notifier-send"}
    for blocks in reach.values():
        for block in blocks:
            private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"}
            assert len(private & set(block["except"])) == (4 if block["cidr"] == "0.0.0.0/0" else 2)


def test_the_console_is_reached_by_nobody_but_the_scraper_of_metrics(name: str) -> None:
    (console,) = [item for item in our_workloads(name) if item["metadata"]["name"] == "tracking-console"]
    sources = [source for rule in policies(name, "ingress", console) for source in rule["from"]]
    assert sources == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]


def test_tracking_reaches_the_directory_of_the_gateway_from_both_sides(name: str) -> None:
    (gateway,) = [item for item in our_workloads(name) if item["metadata"]["name"] == "gateway-api"]
    assert 8001 in open_ports(name, "ingress", gateway)
    for item in our_workloads(name, "Deployment"):
        assert (8001 in open_ports(name, "egress", item)) == item["metadata"]["name"].startswith("tracking-")


def test_mail_leaves_through_the_sender_only(name: str) -> None:
    mail = {25, 465, 587, 1025}
    allowed = {item["metadata"]["name"] for item in workloads(name) if open_ports(name, "egress", item) & mail}
    assert allowed == {"notifier-send"}
