"""Payloads as carriers document them, written for these tests: `<case>.json`, `.xml` or `.txt`, and its events."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from services.carrier_gateway.parts.base import Carrier

FOLDER = Path(__file__).parent.parent / "samples" / "carriers"
CANARY = "canario-privado"
"""Stands in the samples wherever a carrier sends something personal."""
SECRET = "whsec_" + base64.b64encode(b"a secret for tests, 32 bytes ok.").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret, of the same size").decode()


@dataclass(frozen=True)
class Sample:
    carrier: Carrier
    case: str
    payload: bytes
    expected: list[str]

    def __str__(self) -> str:
        return f"{self.carrier.id}-{self.case}"


def samples_of(carrier: Carrier) -> list[Sample]:
    return [
        Sample(carrier, file.stem, file.read_bytes(), file.with_suffix(".events.jsonl").read_text("utf-8").splitlines())
        for file in sorted((FOLDER / carrier.id).iterdir())
        if file.suffix in (".json", ".xml", ".txt")
    ]


def sample(carrier: Carrier, case: str) -> Sample:
    return next(each for each in samples_of(carrier) if each.case == case)
