"""What the gateway reads from its environment. Carriers follow a naming rule, so a new one changes nothing here:

CARRIER_<ID>_SECRET   what its webhooks prove themselves with; several separated by commas, newest first
CARRIER_<ID>_KEY      its API key, or `client id:client secret` where it sells tokens; without it it is not polled
CARRIER_<ID>_URL      its API, where it is not the usual one

`services.carrier_gateway.variables` prints these lines for every carrier.
How much it may be asked is in `polling/limits.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.parts.base import Carrier, Check
from services.carrier_gateway.parts.bearer import is_client
from services.carrier_gateway.parts.key_parts import key_parts
from services.carrier_gateway.parts.pull import Pull
from services.carrier_gateway.polling.limits import Limits, read_limits
from shared.settings import BrokenConfiguration, Settings


class GatewaySettings(Settings):
    gateway_host: str = "0.0.0.0"
    gateway_port: int = 8001
    poll_pace: float = Field(default=1.0, gt=0, le=10)
    """Share of the usual pause between two questions about a parcel. 1 for production; less for a simulated carrier,
    which then is asked by day and by night.
    """
    poll_silent_after_days: int = Field(default=30, ge=3, le=80)
    """Nothing new of a parcel for so long, and it is not asked about any more. Below the age (90 days) at which
    carriers give its number to another parcel.
    """


@dataclass(frozen=True)
class CarrierAccess:
    """What we may do with one carrier. `check` is None while its webhook is off, `key` while it is not polled, `limits`
    for a carrier that cannot be.
    """

    carrier: Carrier
    check: Check | None
    key: SecretStr | None
    url: str | None
    limits: Limits | None


def read_access(environ: Mapping[str, str], carriers: Iterable[Carrier] = CARRIERS) -> dict[str, CarrierAccess]:
    """By carrier id. Raises BrokenConfiguration naming the variable that cannot be right, never its value."""
    return {carrier.id: _access_to(carrier, environ) for carrier in carriers}


def _access_to(carrier: Carrier, environ: Mapping[str, str]) -> CarrierAccess:
    prefix = f"CARRIER_{carrier.id.upper()}"
    key = environ.get(f"{prefix}_KEY", "").strip()
    if key and carrier.pull is None:
        raise BrokenConfiguration(f"environment: {prefix}_KEY: {carrier.id} is not polled; remove it")
    if not key.isascii() or not key.isprintable():
        raise BrokenConfiguration(f"environment: {prefix}_KEY: has characters that no API key has")
    url = _read_url(f"{prefix}_URL", environ)
    if key and carrier.pull is not None:
        _check_access(carrier.pull, prefix, key, url)
    return CarrierAccess(
        carrier,
        check=_read_check(carrier, f"{prefix}_SECRET", environ),
        key=SecretStr(key) if key else None,
        url=url,
        limits=read_limits(carrier.pull, prefix, environ) if carrier.pull is not None else None,
    )


def _check_access(pull: Pull, prefix: str, key: str, url: str | None) -> None:
    if not (url or pull.url):
        raise BrokenConfiguration(f"environment: {prefix}_URL: is missing; this carrier has no usual address")
    try:
        if pull.key_parts:
            key_parts(key, pull.key_parts)
        elif pull.token is not None and not is_client(key):
            raise ValueError("is not a client id and its secret joined by a colon")
    except ValueError as error:
        raise BrokenConfiguration(f"environment: {prefix}_KEY: {error}") from error


def _read_check(carrier: Carrier, variable: str, environ: Mapping[str, str]) -> Check | None:
    text = environ.get(variable, "").strip()
    if not text:
        return None
    secrets = [secret.strip() for secret in text.split(",")]
    if not all(secrets):
        raise BrokenConfiguration(f"environment: {variable}: one of the secrets between the commas is empty")
    try:
        return carrier.signature.check_with(secrets)
    except ValueError as error:
        raise BrokenConfiguration(f"environment: {variable}: {error}") from error


def _read_url(variable: str, environ: Mapping[str, str]) -> str | None:
    url = environ.get(variable, "").strip()
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise BrokenConfiguration(f"environment: {variable}: is not an http or https address")
    return url or None


def unknown_carriers(environ: Mapping[str, str], carriers: Iterable[Carrier] = CARRIERS) -> tuple[str, ...]:
    """Ids that have a secret or a key but no adapter: a typing error, or a carrier of another version."""
    known = {carrier.id for carrier in carriers}
    named = {
        variable.removeprefix("CARRIER_").removesuffix(ending).lower()
        for ending in ("_SECRET", "_KEY")
        for variable in environ
        if variable.startswith("CARRIER_") and variable.endswith(ending)
    }
    return tuple(sorted(named - known))
