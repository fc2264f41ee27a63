from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.carriers.dhl import DHL
from services.carrier_gateway.carriers.dpd import DPD
from services.carrier_gateway.carriers.generic import GENERIC
from tests.support.carrier_samples import sample

UNNAMED = sample(DPD, "clocks_go_back").payload.replace(b"<parcelLabelNumber>05308801410000</parcelLabelNumber>", b"")


def translate(*arguments: str, payload: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run as a person does, without any setting in the environment."""
    return subprocess.run(
        [sys.executable, "-m", "services.carrier_gateway", "translate", *arguments],
        input=payload,
        capture_output=True,
        timeout=60,
        env={"PATH": os.environ["PATH"]},
    )


def test_a_payload_becomes_one_json_line_an_event() -> None:
    given = sample(DHL, "out_for_delivery_pushed")

    done = translate("dhl", payload=given.payload)

    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == given.expected
    assert len(done.stderr.decode().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "payload", "code", "lines"),
    [
        (("generic",), b"not json", 2, 0),
        (("generic",), b"", 2, 0),
        (("dhl",), b'{"title": "No result", "status": 404}', 3, 0),
        (("generic",), sample(GENERIC, "unknown_code").payload, 4, 2),
        (("dhl",), b'{"title": "Too many requests", "status": 429}', 5, 0),
        ((), b"", 64, 0),
        (("nobody",), b"", 64, 0),
        (("dpd", "05308801410000"), UNNAMED, 0, 3),
        (("dpd",), UNNAMED, 2, 0),
        (("generic", "F-17"), b"", 64, 0),
        (("dhl", "1234567891", "1234567892"), b"", 64, 0),
    ],
)
def test_the_exit_code_says_how_it_went_and_one_line_says_why(
    arguments: tuple[str, ...], payload: bytes, code: int, lines: int
) -> None:
    done = translate(*arguments, payload=payload)

    assert done.returncode == code
    assert len(done.stdout.splitlines()) == lines
    assert all(json.loads(line) for line in done.stdout.splitlines())
    assert len(done.stderr.decode().splitlines()) == 1


def test_usage_names_every_carrier() -> None:
    said = translate().stderr.decode()

    assert all(carrier.id in said for carrier in CARRIERS)


def test_an_answer_that_does_not_name_its_parcel_is_read_as_the_one_that_was_asked_about() -> None:
    lines = translate("dpd", "05308801410000", payload=UNNAMED).stdout.decode().splitlines()

    assert {json.loads(line)["reference"] for line in lines} == {"05308801410000"}
