"""Made-up steps, one for every wording, to try all texts on before the first buyer sees one.

`rich` carries everything a step can carry, with long values, as the budget of an SMS is reckoned with; `plain` is what
most orders are; `bare` carries the least, is addressed to somebody other than the buyer and gives the shop's own phone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from services.notifier.wording.situation import BUYER, RecipientView
from services.notifier.wording.variants import speaks_of_parcel
from shared.contracts.orders import Buyer, Destination, Line, Money, Payment, Policies, Policy, Promise
from shared.contracts.shipments import Eta, Location
from shared.contracts.steps import Contact, OrderFacts, ParcelFacts, StepReached
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, PaymentState, Stage, Step
from shared.shops import Shop

_NOW = datetime(2026, 9, 22, 10, 40, tzinfo=UTC)
_LINK = "https://seguimiento.libreriafaro.example/t/Zk3vQ8mN1xT7rB5wLc0yHd"

_OCCURRENCES = {
    "promise": "promise:2026-09-21",
    "eta": "eta:2026-09-22:1",
    "stalled": "stalled:2026-09-16T09:15:00Z",
    "first_scan": "first_scan",
}
"""Ways of being late are known by the occurrence of the step, as tracking writes it."""

RICH_RECIPIENT = RecipientView("Lucía Fernández", BUYER, None)
BARE_RECIPIENT = RecipientView(None, "receiver", None)


def specimen_shop(language: str) -> Shop:
    return Shop(
        id="specimen",
        name="Librería y Papelería Faro 📚",
        language=language,
        support_phone="+34 910 123 456",
        support_email="hola@libreriafaro.example",
        website="https://libreriafaro.example",
    )


def rich(step: Step, variant: str | None) -> StepReached:
    return StepReached(
        shop="specimen",
        order_id="PED-2026-000123456",
        step=step,
        occurrence=_OCCURRENCES.get(variant or "", "1"),
        sequence=1,
        occurred_at=_NOW,
        tracking_url=_LINK,
        parcel=_parcel(variant) if speaks_of_parcel(step, variant) else None,
        order=OrderFacts(
            placed_at=_NOW,
            parcels_total=12 if speaks_of_parcel(step, variant) else 0,
            parcels_delivered=1 if step is Step.DELIVERED else 0,
            lines=(Line(id="1", title="Cuaderno de tapa dura, 200 páginas", quantity=2),),
            payment=Payment(state=PaymentState.PAID, total=Money(amount=129_990, currency="EUR")),
            promise=Promise(deliver_from=date(2026, 9, 23), deliver_until=date(2026, 9, 24)),
            policies=Policies(
                returns=Policy(version="1", url="https://libreriafaro.example/devoluciones", days=14),
                warranty=Policy(version="1", url="https://libreriafaro.example/garantia", months=36),
            ),
        ),
        buyer=Buyer(name="Lucía Fernández", email="lucia@example.com", phone="+34600000000"),
    )


def rich_with_shops_phone(step: Step, variant: str | None) -> StepReached:
    """As rich, but the number is the shop's own and the arrival a range of days: what makes other texts the longest."""
    full = rich(step, variant)
    if full.parcel is None:
        return full
    contact = Contact(phone="+34 910 123 456", of_shop=True)
    eta = Eta(from_=datetime(2026, 9, 23, 7, tzinfo=UTC), until=datetime(2026, 9, 26, 7, tzinfo=UTC))
    return full.model_copy(update={"parcel": full.parcel.model_copy(update={"contact": contact, "eta": eta})})


def plain(step: Step, variant: str | None) -> StepReached:
    """One parcel, by a time on a day, with one policy: the texts that rich has no use for."""
    full = rich(step, variant)
    policies = Policies(returns=Policy(version="1", url="https://libreriafaro.example/devoluciones", days=14))
    counts = {"parcels_total": int(full.parcel is not None), "parcels_delivered": int(step is Step.DELIVERED)}
    order = full.order.model_copy(update=counts | {"policies": policies, "promise": None})
    parcel = full.parcel
    if parcel is not None:
        parcel = parcel.model_copy(update={"eta": Eta(until=datetime(2026, 9, 23, 12, tzinfo=UTC))})
    return full.model_copy(update={"order": order, "parcel": parcel})


def bare(step: Step, variant: str | None) -> StepReached:
    full = rich(step, variant)
    parcel = None
    if full.parcel is not None:
        contact = Contact(phone="+34 910 123 456", of_shop=True)
        unknown = {"eta": None, "location": None, "destination": None, "carrier_url": None}
        parcel = full.parcel.model_copy(update={"contact": contact, **unknown})
    order = OrderFacts(placed_at=_NOW, parcels_total=full.order.parcels_total, parcels_delivered=0)
    return full.model_copy(update={"parcel": parcel, "order": order, "buyer": Buyer(phone="+34600000000")})


def _parcel(variant: str | None) -> ParcelFacts:
    condition, _, actor = f"_{variant or ''}".partition("_by_")
    condition = condition.removeprefix("_")
    return ParcelFacts(
        carrier="generic",
        carrier_name="Mensajería Costa del Sol 🚚",
        reference="JD014600012345678901234567890123456",
        contact=Contact(phone="+54 9 11 4123-4567", of_shop=False, hours="9:00-20:00"),
        carrier_url="https://costadelsol.example/seguimiento?ref=JD014600012345678901234567890123456",
        stage=Stage.REGISTERED if variant in ("registered", "first_scan") else Stage.IN_TRANSIT,
        condition=Condition(condition) if condition in set(Condition) else None,
        action_by=Actor(actor) if actor else None,
        delivered_to=DeliveredTo(condition) if condition in set(DeliveredTo) else None,
        location=Location(city="Zaragoza", country="ES"),
        eta=Eta(from_=datetime(2026, 9, 23, 7, tzinfo=UTC), until=datetime(2026, 9, 23, 12, tzinfo=UTC)),
        destination=Destination(country="ES", city="Madrid", postal_code="28001"),
    )
