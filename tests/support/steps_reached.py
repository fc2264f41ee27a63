"""A step as tracking tells it, about a parcel on its way to a home in Madrid; a test says only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from services.notifier.render import Rendered, render
from services.notifier.wording.catalog import MESSAGES, Catalog
from services.notifier.wording.proofread import load_catalog
from services.notifier.wording.situation import RecipientView
from services.notifier.wording.specimens import rich
from services.notifier.wording.variants import NO_PARCEL
from shared.contracts.orders import Buyer
from shared.contracts.shipments import Eta
from shared.contracts.steps import Contact, StepReached
from shared.contracts.vocabulary import Channel, Step
from shared.shops import Shop

LUCIA = RecipientView("Lucía Prado", "buyer", "es-ES")
RECEIVER = RecipientView("Tomás", "receiver", "es-ES")
FARO = Shop(
    id="faro",
    name="Librería Faro",
    support_phone="+34 910 123 456",
    support_email="hola@libreriafaro.example",
    website="https://libreriafaro.example",
)


@cache
def catalog() -> Catalog:
    return load_catalog(MESSAGES, ())


def home_delivery(step: Step = Step.SHIPPED, variant: str | None = None) -> StepReached:
    """One parcel, one order, SEUR, expected on Wednesday 25 March from 9:00 to 14:00 in Madrid."""
    full = rich(step, variant)
    order = full.order.model_copy(update={"parcels_total": int(full.parcel is not None), "promise": None})
    known = {
        "order_id": "A-1001",
        "occurred_at": datetime(2026, 3, 24, 11, 40, tzinfo=UTC),
        "order": order,
        "buyer": Buyer(name="Lucía Prado", email="lucia@example.com", timezone="Europe/Madrid"),
        "tracking_url": "https://hito.example/t/Zk3vQ8mN1xT7rB5wLc0yHd",
    }
    if full.parcel is None:
        return full.model_copy(update=known)
    parcel = full.parcel.model_copy(
        update={
            "carrier": "seur",
            "carrier_name": "SEUR",
            "reference": "12345678901234",
            "contact": Contact(phone="+34 910 000 111", of_shop=False, hours="9:00-20:00"),
            "carrier_url": "https://seur.example/12345678901234",
            "eta": Eta(from_=datetime(2026, 3, 25, 8, tzinfo=UTC), until=datetime(2026, 3, 25, 13, tzinfo=UTC)),
        }
    )
    return full.model_copy(update=known | {"parcel": parcel})


def with_parcel(step: StepReached, **changes: Any) -> StepReached:
    assert step.parcel is not None
    return step.model_copy(update={"parcel": step.parcel.model_copy(update=changes)})


def with_order(step: StepReached, **changes: Any) -> StepReached:
    return step.model_copy(update={"order": step.order.model_copy(update=changes)})


def without_parcel(step: Step) -> StepReached:
    return home_delivery(step, NO_PARCEL)


def read(
    step: StepReached,
    channel: Channel = Channel.EMAIL,
    *,
    recipient: RecipientView = LUCIA,
    shop: Shop = FARO,
    words: Catalog | None = None,
) -> Rendered:
    """What the recipient reads."""
    return render(words or catalog(), step, shop, recipient, channel)
