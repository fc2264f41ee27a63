"""Steps as tracking tells them: a parcel each, full data, on the channel that is measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import cycle, islice

from services.notifier.wording.specimens import rich
from shared.contracts.envelope import Outgoing
from shared.contracts.orders import Buyer, Consent
from shared.contracts.steps import StepReached
from shared.contracts.topics import TRACKING_STEPS
from shared.contracts.vocabulary import Channel, Step

SHOP = "demo"
KINDS = (Step.SHIPPED, Step.OUT_FOR_DELIVERY, Step.READY_FOR_PICKUP, Step.DELIVERED)


def steps_told(run: str, how_many: int, channel: Channel, now: datetime) -> list[StepReached]:
    """Each of an order of its own, told to its buyer on this channel alone. No two runs share an order."""
    kinds = islice(cycle(KINDS), how_many)
    specimens = {kind: rich(kind, None) for kind in KINDS}
    return [
        specimens[kind].model_copy(
            update={
                "shop": SHOP,
                "order_id": f"{run}-{number}",
                "sequence": 1,
                "occurred_at": now - timedelta(seconds=5),
                "buyer": _buyer(number, channel),
                "recipients": (),
            }
        )
        for number, kind in enumerate(kinds)
    ]


def _buyer(number: int, channel: Channel) -> Buyer:
    consents = (Consent(channel=Channel.WHATSAPP),) if channel is Channel.WHATSAPP else ()
    return Buyer(name=f"Lucía Prado {number}", phone=f"+346{number:08}", locale="es-ES", consents=consents)


def messages_of(steps: Sequence[StepReached], now: datetime) -> list[Outgoing]:
    return [
        Outgoing.of(TRACKING_STEPS, step, key=step.key, id=step.event_id, time=now, source="/bench") for step in steps
    ]
