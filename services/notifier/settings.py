"""What the notifier needs to know at start. The channels' own variables are in `channels/`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field

from services.notifier.channels.settings import BaseUrl
from services.notifier.queue import Patience
from shared.key_entries import OF_SHOPS, KeyEntry, read_entries, variable_of
from shared.settings import Settings
from shared.shops import Shops


class NotifierSettings(Settings):
    notifier_host: str = "0.0.0.0"
    notifier_port: int = 8003
    notifier_public_url: BaseUrl | None = None
    """Where buyers and providers reach this service. Without it no message links to the preferences."""
    send_claim_seconds: float = Field(default=15, gt=0)
    send_flight_seconds: float = Field(default=60, gt=0)
    send_hold_seconds: float = Field(default=120, ge=0)
    send_settle_seconds: float = Field(default=10, ge=0)
    """How long a claim holds, an attempt may be under way, a message in doubt holds its successors back, and an attempt
    that nobody waits for any more may still reach the provider.
    """

    @property
    def patience(self) -> Patience:
        seconds = (
            self.send_claim_seconds,
            self.send_flight_seconds,
            self.send_hold_seconds,
            self.send_settle_seconds,
        )
        return Patience(*(timedelta(seconds=each) for each in seconds))


def preview_keys(shops: Shops, environment: Mapping[str, str]) -> dict[str, tuple[KeyEntry, ...]]:
    """The entries of each shop that has any here, the same as tracking's: without them nobody previews its messages.

    Raises BrokenConfiguration for anything that is no entry, a key in clear above all.
    """
    tool = "python -m services.tracking key"
    return {
        shop: read_entries(environment[variable_of(shop)], variable_of(shop), OF_SHOPS, f"{tool} {shop}")
        for shop in shops.ids
        if environment.get(variable_of(shop))
    }
