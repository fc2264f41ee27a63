"""Where everything listens: the usual ports where they are free, others where they are not, all on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.layouts import Unit

USUAL_PORTS: Mapping[str, int] = {"gateway": 8001, "tracking": 8002, "notifier": 8003, "console": 8004, "phone": 8010}


@dataclass(frozen=True)
class Addresses:
    """A port for each thing that listens; `moved` names those whose usual port was taken."""

    ports: Mapping[str, int]
    operations: Mapping[str, int]
    moved: tuple[str, ...] = ()

    def url(self, name: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[name]}"

    def operations_url(self, unit: Unit) -> str:
        """Where the unit answers /livez, /readyz and /metrics."""
        serves = unit.serves
        if serves is None:
            return f"http://{LOOPBACK}:{self.operations[unit.name]}"
        return self.url("console" if serves == "console" else unit.name.split(".")[0])


def choose_addresses(layout: Iterable[Unit], *, usual: bool) -> Addresses:
    """`usual`: the ports that the documentation names, as long as they are free."""
    ports: dict[str, int] = {}
    moved = []
    for name, port in USUAL_PORTS.items():
        if usual and _is_free(port):
            ports[name] = port
            continue
        ports[name] = free_port()
        if usual:
            moved.append(name)
    operations = {unit.name: free_port() for unit in layout if unit.serves is None}
    return Addresses(ports, operations, tuple(moved))


def _is_free(port: int) -> bool:
    """On every interface: something else may listen on 0.0.0.0."""
    for host in (LOOPBACK, "0.0.0.0"):
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((host, port))
            except OSError:
                return False
    return True
