"""Reads the Compose file, the Dockerfile and the Kubernetes overlays as plain data, for the contract tests."""

from __future__ import annotations

import importlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shared.processes import Part

ROOT = Path(__file__).parents[2]
SERVICES = ("carrier_gateway", "tracking", "notifier")
OVERLAYS = ("local", "production")
Manifest = dict[str, Any]


def processes_of(service: str) -> set[str]:
    """The names that `python -m services.<service>` takes, but those that only a person gives."""
    registry: Mapping[str, Part] = importlib.import_module(f"services.{service}.processes").PROCESSES
    return {name for name, part in registry.items() if not part.by_hand}


def service_of_image(image: str) -> str | None:
    """`registry.example.com/hito/carrier-gateway:1.2` -> `carrier_gateway`; None for an image that is not ours."""
    found = re.search(r"(?:^|/)hito/([a-z-]+)(?::|$)", image)
    return found[1].replace("-", "_") if found else None


@cache
def compose() -> Manifest:
    loaded: Manifest = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return loaded


def our_compose_services() -> dict[str, Manifest]:
    """The Compose services that run an image of ours, by name."""
    return {name: entry for name, entry in compose()["services"].items() if service_of_image(entry["image"])}


@cache
def overlay(name: str) -> tuple[Manifest, ...]:
    """Every object that `kubectl apply --kustomize deploy/k8s/overlays/<name>` would send."""
    built = subprocess.run(
        ["kubectl", "kustomize", str(ROOT / "deploy/k8s/overlays" / name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return tuple(yaml.safe_load_all(built.stdout))


def objects(overlay_name: str, *kinds: str) -> list[Manifest]:
    return [item for item in overlay(overlay_name) if item["kind"] in kinds]


def workloads(overlay_name: str) -> list[Manifest]:
    """Everything that runs pods."""
    return objects(overlay_name, "Deployment", "StatefulSet", "Job")


def pod_labels(workload: Manifest) -> dict[str, str]:
    labels: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return labels


def container_of(workload: Manifest) -> Manifest:
    """The only container of the workload's pods."""
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    only: Manifest = container
    return only


def our_workloads(overlay_name: str, *kinds: str) -> list[Manifest]:
    return [
        item
        for item in workloads(overlay_name)
        if service_of_image(container_of(item)["image"]) and (not kinds or item["kind"] in kinds)
    ]


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a Kubernetes label selector (matchLabels, matchExpressions with In) covers these labels."""
    wanted = selector.get("matchLabels", {})
    expressions = selector.get("matchExpressions", [])
    assert all(expression["operator"] == "In" for expression in expressions), "teach tests/support/deployment.py"
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        labels.get(expression["key"]) in expression["values"] for expression in expressions
    )


def dockerfile_instructions() -> Iterator[tuple[str, str]]:
    """(instruction, arguments) in order, continuation lines joined, comments dropped."""
    text = (ROOT / "deploy/Dockerfile").read_text("utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, arguments = line.partition(" ")
            yield name.upper(), arguments.strip()
