"""What each service is told by its environment, and no more: its own database, its own secrets, made anew each run."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sandbox.addresses import Addresses
from sandbox.backends.ports import LOOPBACK
from sandbox.backends.process import basic_environment
from sandbox.layouts import Unit

ROOT = Path(__file__).parent.parent
SHOP = "demo"
POLL_PACE = "0.02"
"""Parcels that have to be asked for are asked for every few minutes instead of hours."""


def _random_key() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, repr=False)
class Secrets:
    """Every secret of one run."""

    shop_key: str = field(default_factory=lambda: f"demo_{_random_key()}")
    ops_key: str = field(default_factory=lambda: f"ops_{_random_key()}")
    token_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    courier_secret: str = field(default_factory=lambda: f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}")
    dhl_token: str = field(default_factory=_random_key)
    dhl_key: str = field(default_factory=_random_key)


@dataclass(frozen=True, repr=False)
class Surroundings:
    """What lies around the services: databases, broker, providers, a carrier's API."""

    tracking_database: str
    notifier_database: str
    kafka: str
    kafka_idempotence: bool
    kafka_session: timedelta
    provider_variables: Mapping[str, str]
    dhl_url: str | None = None


def environment_of(
    unit: Unit, addresses: Addresses, keys: Secrets, around: Surroundings, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The whole environment of one OS process."""
    common = {
        **basic_environment(),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "KAFKA_BOOTSTRAP": around.kafka,
        "KAFKA_IDEMPOTENCE": "true" if around.kafka_idempotence else "false",
        "KAFKA_SESSION_SECONDS": str(around.kafka_session.total_seconds()),
        "SHOPS_DIR": str(ROOT / "config" / "shops"),
        "LOG_LEVEL": "INFO",
        "OPS_HOST": LOOPBACK,
        "OPS_PORT": str(addresses.operations.get(unit.name, 0)),
    }
    own = {"carrier_gateway": _gateway, "tracking": _tracking, "notifier": _notifier}[unit.service]
    return {**common, **own(addresses, keys, around), **(extra or {})}


def _gateway(addresses: Addresses, keys: Secrets, around: Surroundings) -> dict[str, str]:
    polling = {"CARRIER_DHL_KEY": keys.dhl_key, "CARRIER_DHL_URL": around.dhl_url} if around.dhl_url else {}
    return {
        "GATEWAY_HOST": LOOPBACK,
        "GATEWAY_PORT": str(addresses.ports["gateway"]),
        "CARRIER_GENERIC_SECRET": keys.courier_secret,
        "CARRIER_DHL_SECRET": keys.dhl_token,
        "POLL_PACE": POLL_PACE,
        **polling,
    }


def _tracking(addresses: Addresses, keys: Secrets, around: Surroundings) -> dict[str, str]:
    return {
        "DATABASE_URL": around.tracking_database,
        "TRACKING_HOST": LOOPBACK,
        "TRACKING_PORT": str(addresses.ports["tracking"]),
        "CONSOLE_PORT": str(addresses.ports["console"]),
        "GATEWAY_URL": addresses.url("gateway"),
        "TRACKING_PUBLIC_URL": addresses.url("tracking"),
        "TRACKING_TOKEN_SECRET": keys.token_secret,
        "OPS_API_KEYS": _entry(keys.ops_key, "ops"),
        f"SHOP_{SHOP.upper()}_API_KEYS": _entry(keys.shop_key, "orders.read+orders.write+erasure"),
    }


def _entry(key: str, scopes: str) -> str:
    """How a service is told of a key: never the key, only its hash."""
    return f"sandbox:{scopes}:never:{hashlib.sha256(key.encode()).hexdigest()}"


def _notifier(addresses: Addresses, keys: Secrets, around: Surroundings) -> dict[str, str]:
    return {
        "DATABASE_URL": around.notifier_database,
        "NOTIFIER_HOST": LOOPBACK,
        "NOTIFIER_PORT": str(addresses.ports["notifier"]),
        "NOTIFIER_PUBLIC_URL": addresses.url("notifier"),
        f"SHOP_{SHOP.upper()}_API_KEYS": _entry(keys.shop_key, "orders.read"),
        **around.provider_variables,
    }
