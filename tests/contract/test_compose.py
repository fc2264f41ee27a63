"""`docker compose up` runs every process of the code, in an order that works, and without a secret of our choosing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.deployment import ROOT, SERVICES, compose, our_compose_services, processes_of, service_of_image

INTERPOLATION = re.compile(r"\$\{([A-Z0-9_]+)([^}]*)\}")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEYS?$|SID$|DATABASE_URL")
JOBS = {"topics", "tracking-migrate", "notifier-migrate"}
OURS = our_compose_services()
SERVERS = sorted(set(OURS) - JOBS)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def variables() -> dict[str, str]:
    """Every variable taken from .env, and what follows its name: `:?...` required, `:-...` default, `` if set."""
    found = dict(INTERPOLATION.findall("\n".join(strings(compose()["services"]))))
    for entry in compose()["services"].values():
        found |= {name: "" for name, value in entry.get("environment", {}).items() if value is None}
    return found


def example() -> dict[str, tuple[bool, str]]:
    """.env.example: name -> (whether the line is active, value)."""
    lines = re.findall(r"^(# )?([A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    return {name: (not comment, value) for comment, name, value in lines}


def test_the_compose_file_follows_the_compose_specification() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_no_secret_has_a_default() -> None:
    secrets = {name: rest for name, rest in variables().items() if SECRET.search(name)}
    assert secrets
    assert not {name: rest for name, rest in secrets.items() if rest and not rest.startswith(":?")}


@pytest.mark.parametrize("name", sorted(compose()["services"]))
def test_no_secret_is_written_into_the_compose_file(name: str) -> None:
    environment = compose()["services"][name].get("environment", {})
    literal = {key for key, value in environment.items() if SECRET.search(key) and value and "${" not in value}
    assert not literal


def test_what_is_required_says_what_to_do() -> None:
    required = {name: rest for name, rest in variables().items() if rest.startswith(":?")}
    assert required
    assert {name: rest for name, rest in required.items() if rest != f":?set {name} in .env"} == {}


def test_the_example_names_every_variable_and_gives_no_usable_value() -> None:
    assert set(example()) == set(variables())
    assert {name: value for name, (_, value) in example().items() if value} == {}


def test_the_example_has_the_required_ones_as_lines_to_fill_in_and_the_rest_as_comments() -> None:
    required = {name for name, rest in variables().items() if rest.startswith(":?")}
    assert {name for name, (active, _) in example().items() if active} == required


@pytest.mark.parametrize("service", SERVICES)
def test_every_process_of_a_service_runs_once_and_no_other_is_asked_for(service: str) -> None:
    started = [
        process
        for name, entry in OURS.items()
        if service_of_image(entry["image"]) == service and name != "topics"
        for process in entry["command"]
    ]
    assert sorted(started) == sorted(processes_of(service))


@pytest.mark.parametrize("name", SERVERS)
def test_a_service_is_ready_when_the_port_it_publishes_says_so(name: str) -> None:
    (published,) = OURS[name]["ports"]
    port = published.rpartition(":")[2]
    assert f"http://127.0.0.1:{port}/readyz" in OURS[name]["healthcheck"]["test"][-1]
    assert port in {"8001", "8002", "8003", "8004"}


@pytest.mark.parametrize("name", SERVERS)
def test_a_service_waits_for_its_topics_and_its_migrations(name: str) -> None:
    service = service_of_image(OURS[name]["image"])
    jobs = {"topics"} if service == "carrier_gateway" else {"topics", f"{service}-migrate"}
    waits = {
        other for other, how in OURS[name]["depends_on"].items() if how["condition"] == "service_completed_successfully"
    }
    assert waits == jobs


@pytest.mark.parametrize("name", sorted(compose()["services"]))
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in compose()["services"][name].get("ports", []))


@pytest.mark.parametrize("name", sorted(set(compose()["services"]) - set(OURS)))
def test_images_of_others_name_a_version(name: str) -> None:
    tag = compose()["services"][name]["image"].rpartition(":")[2]
    assert re.match(r"v?\d", tag)


def test_a_stop_leaves_time_to_drain() -> None:
    """A process drains within 20 seconds; Compose kills what is left after the grace period."""
    assert {OURS[name]["stop_grace_period"] for name in SERVERS} == {"30s"}
