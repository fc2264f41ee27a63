"""Which processes share an OS process. A small shop runs a few; tests that kill run every one of them on its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """One OS process: `python -m services.<service> <processes...>`."""

    name: str
    service: str
    processes: tuple[str, ...]

    @property
    def serves(self) -> str | None:
        """The HTTP process in it, whose port answers for all of them; None: it has a port for operations alone."""
        return next((process for process in self.processes if process in ("api", "console")), None)


PROCESSES: dict[str, tuple[str, ...]] = {
    "carrier_gateway": ("api", "poll"),
    "tracking": ("api", "consume", "relay", "watch", "console"),
    "notifier": ("consume", "send", "relay", "api"),
}
SHORT = {"carrier_gateway": "gateway", "tracking": "tracking", "notifier": "notifier"}

SMALL_SHOP: tuple[Unit, ...] = tuple(Unit(SHORT[service], service, names) for service, names in PROCESSES.items())
ONE_EACH: tuple[Unit, ...] = tuple(
    Unit(f"{SHORT[service]}.{name}", service, (name,)) for service, names in PROCESSES.items() for name in names
)


def units_of(layout: Iterable[Unit], service: str) -> tuple[Unit, ...]:
    return tuple(unit for unit in layout if unit.service == service)
