"""A process that is taken over finds no root, no disk to write to, no capability, no way to its machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest

from tests.support.deployment import (
    OVERLAYS,
    Manifest,
    compose,
    container_of,
    dockerfile_instructions,
    objects,
    our_compose_services,
    our_workloads,
    overlay,
    workloads,
)

WRITES_TO_ITS_IMAGE = {"kafka"}
"""The image of Apache Kafka writes its configuration into itself at every start."""
OF_THE_MACHINE = ("hostNetwork", "hostPID", "hostIPC", "initContainers", "ephemeralContainers", "hostUsers")
KEPT_AND_GIVEN = {"emptyDir", "configMap", "persistentVolumeClaim"}
OPENS_THE_MACHINE = (
    "privileged", "cap_add", "devices", "network_mode", "pid", "ipc", "userns_mode", "cgroup", "device_cgroup_rules",
)  # fmt: skip
IN_COMPOSE = sorted(compose()["services"])
needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="not run: kubectl absent")
every_overlay = pytest.mark.parametrize("overlay_name", OVERLAYS)


def named(item: Manifest) -> str:
    return str(item["metadata"]["name"])


@pytest.mark.parametrize("name", IN_COMPOSE)
def test_a_container_of_compose_has_no_rights(name: str) -> None:
    entry = compose()["services"][name]
    assert entry["cap_drop"] == ["ALL"]
    assert entry["security_opt"] == ["no-new-privileges:true"], "Docker's own seccomp profile stays: none is named"
    assert entry.get("read_only", False) is (name not in WRITES_TO_ITS_IMAGE)
    assert not set(OPENS_THE_MACHINE) & set(entry)


@pytest.mark.parametrize("name", IN_COMPOSE)
def test_a_container_of_compose_is_not_root(name: str) -> None:
    user, _, group = compose()["services"][name]["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0


@pytest.mark.parametrize("name", IN_COMPOSE)
def test_what_compose_mounts_from_the_machine_is_a_file_of_the_project_and_read_only(name: str) -> None:
    mounts = compose()["services"][name].get("volumes", [])
    kept = set(compose()["volumes"])
    from_the_machine = [mount for mount in mounts if mount.partition(":")[0] not in kept]
    assert all(re.fullmatch(r"\./[a-z][\w./-]*:/[\w./-]+:ro", mount) for mount in from_the_machine), from_the_machine


def test_our_processes_run_as_the_user_that_the_image_names() -> None:
    (user,) = (arguments for name, arguments in dockerfile_instructions() if name == "USER")
    assert {entry["user"] for entry in our_compose_services().values()} == {user}


@pytest.mark.parametrize("name", sorted(our_compose_services()))
def test_what_a_process_of_ours_may_write_in_compose_is_small_and_gone_with_it(name: str) -> None:
    entry = our_compose_services()[name]
    assert [re.fullmatch(r"/tmp:size=\d+m", disk) is not None for disk in entry["tmpfs"]] == [True]
    assert all(mount.endswith(":ro") for mount in entry["volumes"])


def test_an_image_gets_its_files_as_root_and_gives_the_process_none_of_them() -> None:
    copies = [arguments for name, arguments in dockerfile_instructions() if name in ("COPY", "ADD")]
    assert copies
    assert not [arguments for arguments in copies if "--chown" in arguments or "--chmod" in arguments]
    instructions = [name for name, _ in dockerfile_instructions()]
    assert "ADD" not in instructions, "ADD also fetches addresses and unpacks archives"
    assert "COPY" not in instructions[instructions.index("USER") :]
    assert "RUN" not in instructions[instructions.index("USER") :]


@needs_kubectl
@every_overlay
def test_a_pod_has_no_way_to_the_machine_it_runs_on(overlay_name: str) -> None:
    for item in workloads(overlay_name):
        pod = item["spec"]["template"]["spec"]
        assert not set(OF_THE_MACHINE) & set(pod), named(item)
        assert {kind for volume in pod.get("volumes", []) for kind in set(volume) - {"name"}} <= KEPT_AND_GIVEN
        assert not [port for port in container_of(item).get("ports", []) if "hostPort" in port], named(item)
        assert not {"privileged", "procMount"} & set(container_of(item)["securityContext"]), named(item)


@needs_kubectl
@every_overlay
def test_a_container_does_not_take_back_what_its_pod_gave_up(overlay_name: str) -> None:
    for item in workloads(overlay_name):
        own = container_of(item)["securityContext"]
        assert not {"runAsUser", "runAsGroup", "runAsNonRoot", "seccompProfile", "seLinuxOptions"} & set(own), named(
            item
        )
        assert item["spec"]["template"]["spec"]["securityContext"]["runAsGroup"] > 0, named(item)


@needs_kubectl
@every_overlay
def test_what_a_process_of_ours_may_write_in_a_pod_is_small_and_gone_with_it(overlay_name: str) -> None:
    for item in our_workloads(overlay_name):
        volumes = {volume["name"]: volume for volume in item["spec"]["template"]["spec"]["volumes"]}
        writable = [
            volumes[mount["name"]]
            for mount in container_of(item)["volumeMounts"]
            if not mount.get("readOnly") and "configMap" not in volumes[mount["name"]]
        ]
        assert [volume["emptyDir"].get("sizeLimit") for volume in writable] == ["64Mi"], named(item)


@needs_kubectl
@every_overlay
def test_no_pod_is_started_but_by_what_these_tests_look_at(overlay_name: str) -> None:
    assert {item["kind"] for item in overlay(overlay_name) if "PodSpec" in _shape(item)} == {
        item["kind"] for item in workloads(overlay_name)
    }
    assert not objects(overlay_name, "Pod", "DaemonSet", "ReplicaSet", "CronJob")


@needs_kubectl
@every_overlay
def test_nothing_of_ours_may_speak_to_the_cluster_itself(overlay_name: str) -> None:
    kinds = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount")
    assert not objects(overlay_name, *kinds)
    assert all("serviceAccountName" not in item["spec"]["template"]["spec"] for item in workloads(overlay_name))


def _shape(item: Manifest) -> Iterator[str]:
    """`PodSpec` for everything that holds containers, however deep."""
    if "containers" in item:
        yield "PodSpec"
    for value in item.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from _shape(inner)
