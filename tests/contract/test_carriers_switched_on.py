"""A carrier is switched on by its lines in the environment, in every deployment, without being listed in any."""

from __future__ import annotations

import re
import shutil

import pytest

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.parts.base import Carrier
from services.carrier_gateway.settings import read_access, unknown_carriers
from services.carrier_gateway.variables import lines_of, variables
from shared.processes import EXIT_USAGE
from tests.support.carrier_samples import SECRET
from tests.support.deployment import OVERLAYS, ROOT, compose, container_of, our_workloads

FILE = ".env.carriers"
each_carrier = pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.id)


def filled_in(carrier: Carrier) -> dict[str, str]:
    """The carrier's lines as a shop fills them in, each in the form that the line before it asks for."""
    text = "\n".join(lines_of(carrier))
    parts = re.search(r"^# To ask it: (\S+=\.\.\.),", text, re.MULTILINE)
    key = parts[1].replace("...", "some%26thing") if parts else "an-id:a-secret" if "colon between" in text else "a-key"
    values = {"SECRET": SECRET, "KEY": key, "URL": "https://carrier.example/{reference}"}
    return {name: values[name.rpartition("_")[2]] for name in re.findall(r"^# (CARRIER_\w+)=$", text, re.MULTILINE)}


@each_carrier
def test_its_lines_switch_on_its_webhook_and_its_questions(carrier: Carrier) -> None:
    environ = filled_in(carrier)

    access = read_access(environ)

    assert access[carrier.id].check is not None
    assert (access[carrier.id].key is not None) == (access[carrier.id].url is not None) == (carrier.pull is not None)
    assert [other for other in access if other != carrier.id and (access[other].check or access[other].key)] == []
    assert unknown_carriers(environ) == ()


@each_carrier
def test_a_carrier_with_a_usual_address_is_asked_there_without_its_line(carrier: Carrier) -> None:
    if carrier.pull is None or not carrier.pull.url:
        return
    environ = {name: value for name, value in filled_in(carrier).items() if not name.endswith("_URL")}

    assert read_access(environ)[carrier.id].key is not None
    assert carrier.pull.url in "\n".join(lines_of(carrier))


def test_the_tool_prints_the_lines_of_every_carrier_and_no_value(capfd: pytest.CaptureFixture[str]) -> None:
    assert variables([]) == 0

    printed = capfd.readouterr().out
    assert all("\n".join(lines_of(carrier)) in printed for carrier in CARRIERS)
    assert {line for line in printed.splitlines() if line and not line.startswith("# ")} == set()
    assert set(re.findall(r"^# CARRIER_\w+=(.*)$", printed, re.MULTILINE)) == {""}


def test_the_tool_takes_no_arguments(capfd: pytest.CaptureFixture[str]) -> None:
    assert variables(["dhl"]) == EXIT_USAGE
    assert capfd.readouterr().err.startswith("usage: ")


def test_compose_hands_them_all_to_the_gateway_alone_and_starts_without_them() -> None:
    reading = {name: entry["env_file"] for name, entry in compose()["services"].items() if "env_file" in entry}

    assert reading == {"gateway": [{"path": FILE, "required": False}]}
    named = {name for name in compose()["services"]["gateway"]["environment"] if name.startswith("CARRIER_")}
    assert named == {"CARRIER_GENERIC_SECRET"}, "what Compose names itself stands above the file, even when it is unset"


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="not run: kubectl absent")
@pytest.mark.parametrize("name", OVERLAYS)
def test_kubernetes_hands_the_whole_secret_to_every_process_of_the_gateway(name: str) -> None:
    gateways = [item for item in our_workloads(name) if "carrier-gateway" in container_of(item)["image"]]
    reading = [item for item in gateways if {"secretRef": {"name": "gateway"}} in container_of(item)["envFrom"]]

    assert {item["metadata"]["name"] for item in reading} >= {"gateway-api", "gateway-poll"}


def test_the_file_with_secrets_is_neither_committed_nor_built_into_an_image() -> None:
    assert ".env.*" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "**/.env*" in (ROOT / ".dockerignore").read_text("utf-8").splitlines()


@pytest.mark.parametrize("page", [".env.example", "deploy/README.md"])
def test_whoever_deploys_is_told_of_the_file_and_of_the_tool(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")

    assert f"python -m services.carrier_gateway variables > {FILE}" in text
