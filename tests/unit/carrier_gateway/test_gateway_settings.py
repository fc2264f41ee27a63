from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from services.carrier_gateway.polling.limits import Limits
from services.carrier_gateway.settings import read_access, unknown_carriers
from shared.settings import EXIT_BROKEN_CONFIGURATION, BrokenConfiguration
from tests.support.carrier_samples import OTHER_SECRET, SECRET


def test_a_carrier_without_its_secret_is_off_and_one_without_its_key_is_not_polled() -> None:
    access = read_access({"CARRIER_GENERIC_SECRET": SECRET, "CARRIER_DHL_SECRET": "", "CARRIER_DHL_KEY": "  "})

    assert access["generic"].check is not None
    assert access["dhl"].check is None
    assert access["dhl"].key is None


def test_a_key_and_an_address_of_a_carriers_api_are_taken_from_the_environment() -> None:
    access = read_access({"CARRIER_DHL_KEY": "the-key", "CARRIER_DHL_URL": "http://127.0.0.1:9/dhl"})["dhl"]

    assert access.key is not None
    assert (access.key.get_secret_value(), access.url) == ("the-key", "http://127.0.0.1:9/dhl")


def test_how_much_a_carrier_may_be_asked_is_taken_from_the_environment_and_else_from_its_adapter() -> None:
    ours = {"CARRIER_DHL_DAILY_QUOTA": "1000", "CARRIER_DHL_MINIMUM_GAP_SECONDS": "0.5", "CARRIER_DHL_CONCURRENCY": "3"}

    assert read_access(ours)["dhl"].limits == Limits(1000, timedelta(seconds=0.5), 3)
    assert read_access({})["dhl"].limits == Limits(250, timedelta(seconds=1), 1)
    assert read_access({})["generic"].limits is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CARRIER_GENERIC_SECRET", "whsec_not base64"),
        ("CARRIER_GENERIC_SECRET", "whsec_c2hvcnQ="),
        ("CARRIER_GENERIC_SECRET", f"{SECRET},"),
        ("CARRIER_GENERIC_SECRET", f"{SECRET},nonsense"),
        ("CARRIER_GENERIC_KEY", "generic-is-never-polled"),
        ("CARRIER_DHL_SECRET", "short"),
        ("CARRIER_DHL_KEY", "line\nbreak"),
        ("CARRIER_UPS_KEY", "no-secret-to-it"),
        ("CARRIER_DHL_DAILY_QUOTA", "-7"),
        ("CARRIER_DHL_DAILY_QUOTA", "many"),
        ("CARRIER_DHL_DAILY_QUOTA", "2.5"),
        ("CARRIER_DHL_CONCURRENCY", "101"),
        ("CARRIER_DHL_MINIMUM_GAP_SECONDS", "-1"),
        ("CARRIER_DHL_MINIMUM_GAP_SECONDS", "nan"),
        ("CARRIER_DHL_MINIMUM_GAP_SECONDS", "soon"),
        ("CARRIER_DHL_URL", "ftp://api-eu.dhl.example"),
        ("CARRIER_DHL_URL", "api-eu.dhl.example"),
    ],
)
def test_a_variable_that_cannot_be_right_is_named_and_its_value_is_not(variable: str, value: str) -> None:
    with pytest.raises(BrokenConfiguration, match=variable) as refused:
        read_access({variable: value})

    assert value not in str(refused.value)


def test_nothing_that_holds_a_secret_shows_it() -> None:
    access = read_access({"CARRIER_DHL_SECRET": f"{SECRET},{OTHER_SECRET}", "CARRIER_DHL_KEY": "canary-key"})

    assert SECRET not in repr(access)
    assert "canary-key" not in repr(access)


def test_a_secret_for_a_carrier_nobody_knows_is_noticed() -> None:
    environ = {"CARRIER_DLH_SECRET": SECRET, "CARRIER_PIGEON_KEY": "k", "CARRIER_DHL_KEY": "k"}

    assert unknown_carriers({**environ, "CARRIER_GATEWAY_PORT": "1"}) == ("dlh", "pigeon")


def test_the_process_refuses_to_start_with_a_malformed_secret_and_names_the_variable() -> None:
    environ = {**os.environ, "KAFKA_BOOTSTRAP": "127.0.0.1:1", "CARRIER_GENERIC_SECRET": "canary-nonsense!"}
    command = [sys.executable, "-m", "services.carrier_gateway", "api"]

    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)

    assert ended.returncode == EXIT_BROKEN_CONFIGURATION
    assert "CARRIER_GENERIC_SECRET" in ended.stderr
    assert "canary-nonsense" not in ended.stderr
