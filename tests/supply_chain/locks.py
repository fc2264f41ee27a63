"""The hashed locks as data: what is pinned, by which hashes, and what of it an image installs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
SERVICES = ("carrier_gateway", "tracking", "notifier")
IN_AN_IMAGE = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "python_version": "3.11",
    "python_full_version": "3.11.0",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}
"""What an image built from deploy/Dockerfile answers to a marker; hardware is left to the machine that asks."""


@dataclass(frozen=True)
class Pin:
    name: str
    version: Version
    hashes: tuple[str, ...]
    requirement: Requirement

    @property
    def is_in_an_image(self) -> bool:
        return self.requirement.marker is None or self.requirement.marker.evaluate(dict(IN_AN_IMAGE))

    def __str__(self) -> str:
        return " ".join((f"{self.name}=={self.version}", *(f"--hash={one}" for one in self.hashes)))


def locks() -> tuple[Path, ...]:
    return tuple(sorted((ROOT / "requirements").glob("*.lock")))


def lock_of(service: str) -> Path:
    return ROOT / "requirements" / f"{service}.lock"


def pins(lock_text: str) -> dict[str, Pin]:
    """By canonical name. A line that is neither a pin nor a comment is refused: it could name a place to fetch from."""
    found = {}
    for line in lock_text.replace("\\\n", " ").splitlines():
        stated = line.partition("#")[0].strip()
        if stated:
            pin = _pin(stated)
            found[pin.name] = pin
    return found


def _pin(stated: str) -> Pin:
    requirement = Requirement(stated.partition(" --hash")[0].strip())
    (exact,) = requirement.specifier
    if exact.operator != "==" or requirement.url:
        raise ValueError(f"not pinned to one version: {stated[:80]}")
    hashes = tuple(re.findall(r"--hash=(sha256:[0-9a-f]{64})(?=\s|$)", stated))
    return Pin(canonicalize_name(requirement.name), Version(exact.version), hashes, requirement)
