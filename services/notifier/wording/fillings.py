"""What stands in the gaps of a text: every name a language file may use, and the words for it.

All values are plain one-line strings and, but for those in OPTIONAL, never empty, so that they can be parameters of a
WhatsApp template.
"""

from __future__ import annotations

from collections.abc import Hashable

from services.notifier.wording.aftercare import aftercare, aftercare_short
from services.notifier.wording.arrival import arrival, tells_another_day
from services.notifier.wording.money import format_money
from services.notifier.wording.situation import Situation, clean
from services.notifier.wording.variants import still_since
from shared.contracts.vocabulary import Clock, Step

OPTIONAL = frozenset({"aftercare_short"})
"""Names whose value may be empty: for SMS only, where a missing sentence just makes it shorter."""


def fillings(situation: Situation) -> dict[str, str]:
    """Values by name. `carrier` and `reference` are there only when the words speak of a parcel."""
    facts = _facts(situation)
    values = facts | _whose(situation, facts) | _times(situation, facts) | _amounts(situation)
    values |= {"aftercare": aftercare(situation, facts), "aftercare_short": aftercare_short(situation, facts)}
    return {name: clean(value) for name, value in values.items()}


def what_fills(situation: Situation) -> Hashable:
    """All that `fillings` reads of a step: those who differ in nothing else, in one speech, fill the gaps alike."""
    step, parcel = situation.step, situation.parcel
    carriers = parcel and (parcel.carrier_name, parcel.reference, parcel.contact, parcel.eta)
    turn = (
        step.step is Step.OUT_FOR_DELIVERY,
        step.step is Step.DELAYED,
        still_since(step),
        tells_another_day(situation),
    )
    times = (step.occurred_at, step.clock, step.buyer.timezone)
    return situation.to_buyer, step.order_id, step.tracking_url, step.order, carriers, turn, times


def _facts(situation: Situation) -> dict[str, str]:
    step, shop, parcel, told = situation.step, situation.shop, situation.parcel, situation.told
    facts = {
        "shop": shop.name,
        "order": told(step.order_id),
        "link": step.tracking_url,
        "support_phone": shop.support_phone,
        "phone": situation.phone,
        "total": str(step.order.parcels_total),
        "delivered": str(step.order.parcels_delivered),
    }
    if parcel is not None:
        facts |= {"carrier": told(parcel.carrier_name), "reference": told(parcel.reference)}
    facts = {name: clean(value) for name, value in facts.items()}
    of_shop = situation.phone_is_of_shop
    return facts | {"callee": situation.speech.say("phrases.the_shop", facts) if of_shop else facts["carrier"]}


def _whose(situation: Situation, facts: dict[str, str]) -> dict[str, str]:
    """`tu pedido A-1001`, or `uno de los 2 paquetes de tu pedido A-1001`: never the whole order for a part of it."""
    say = situation.speech.say
    whose = "yours" if situation.to_buyer else "theirs"
    amount = "part" if situation.parcel is not None and situation.step.order.parcels_total > 1 else "whole"
    order, parcel = say(f"phrases.{whose}.whole", facts), say(f"phrases.{whose}.{amount}", facts)
    return {
        "the_order": order,
        "The_order": order[:1].upper() + order[1:],
        "parcel": parcel,
        "Parcel": parcel[:1].upper() + parcel[1:],
        "parcel_short": say(f"phrases.{whose}.{amount}_short", facts),
    }


def _times(situation: Situation, facts: dict[str, str]) -> dict[str, str]:
    calendar, occurred_at = situation.calendar, situation.step.occurred_at
    day = calendar.day(calendar.day_of(occurred_at))
    moment = {"day": day, "time": calendar.clock(occurred_at)}
    return _silence(situation) | {
        "day": day,
        "moment": situation.speech.say("when.moment", moment) if situation.step.clock is Clock.EXACT else day,
        "arrival": arrival(situation, facts),
        "arrival_short": arrival(situation, facts, short=True),
    }


def _silence(situation: Situation) -> dict[str, str]:
    """Since which day there has been no news; only when that is what the message is about."""
    since, calendar = still_since(situation.step), situation.calendar
    if since is None:
        return {}
    day = calendar.day_of(since)
    return {"since": calendar.day(day), "since_short": calendar.day(day, short=True)}


def _amounts(situation: Situation) -> dict[str, str]:
    """Only the buyer sees an amount."""
    say, payment = situation.speech.say, situation.step.order.payment
    whose = "yours" if situation.to_buyer else "theirs"
    if payment is None or payment.total is None or not situation.to_buyer:
        return {"payment": say(f"phrases.{whose}.payment"), "refund": say("phrases.refund")}
    amount = {"amount": clean(format_money(payment.total, situation.speech.locale))}
    return {"payment": say("phrases.payment_of", amount), "refund": say("phrases.refund_of", amount)}
