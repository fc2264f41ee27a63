"""The lines in which a life is written down, and the facts that they stand for.

`5 11:00 S failed_attempt recipient_absent by=buyer > failed_attempt` reads: on 5 March 2026 at 11:00 UTC the carrier of
parcel S said that nobody was there; told as it happened, that is what the buyer hears then. `S`, `S2`: parcels of SEUR,
`C` of Correos, `D` of DHL, `U` of UPS; `N` of SEUR and `P` of DPD have one number, and `M` one that only MRW gives out.
`in=?S` names it without its carrier. `shop` speaks of order A, `shop:B` of order B; `watch` looks at the clock.
Days may be written `04-12` and `2019-03-05`. A snapshot's sequence counts up by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from services.tracking.domain.shipment import ParcelKey
from shared.contracts.base import Contract
from shared.contracts.orders import UNNAMED, Destination, Line, LineQuantity, Order, Payment, Promise, Shipment
from shared.contracts.shipments import Eta, Location, ShipmentEvent
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, PaymentState, ShopState, Stage
from shared.messaging.inbox import Delivery
from tests.support.deliveries import LUCIA, delivery

CARRIERS: Mapping[str, str] = {"S": "seur", "C": "correos", "D": "dhl", "U": "ups", "N": "seur", "P": "dpd", "M": "mrw"}
ON_ITS_WAY_TO_US = timedelta(minutes=1)
"""How long after it was said a fact comes to the broker, unless its line names the instant (`heard=5_11:00`)."""


class Moment(NamedTuple):
    """One line. `fact` is None where the watch looks. `hears`: what buyers hear, `B:delivered` for order B."""

    at: datetime
    fact: Contract | None
    heard_at: datetime
    hears: tuple[str, ...]

    def delivery(self) -> Delivery[Contract]:
        """As it comes out of Kafka."""
        assert self.fact is not None, "looking at the clock is no message"
        return delivery(self.fact, said_at=self.at, heard_at=self.heard_at)


@dataclass(frozen=True)
class Life:
    """What happened, and what is true in the end: `A=delivered S=delivered`, or `B:S=lost` as order B alone sees it."""

    name: str
    lines: tuple[str, ...]
    ends: str

    def __str__(self) -> str:
        return self.name

    @property
    def truth(self) -> dict[str, str]:
        return dict(each.split("=") for each in self.ends.split())

    def moments(self, tag: str = "") -> list[Moment]:
        """`tag` makes names that no other life has."""
        counted: Counter[str] = Counter()
        return [_moment(line, tag, counted) for line in self.lines]


def life(name: str, *lines: str, ends: str) -> Life:
    return Life(name, lines, ends)


def parcel(alias: str, tag: str = "") -> ParcelKey:
    number = int(tag.removeprefix("-") or 0)
    shaped = {"N": f"{number:014}", "P": f"{number:014}", "M": f"02600A{number:06}"}
    return ParcelKey(CARRIERS[alias[0]], shaped.get(alias, f"{alias}{tag}"))


def order_name(alias: str, tag: str = "") -> str:
    return f"{alias}{tag}"


def _moment(line: str, tag: str, counted: Counter[str]) -> Moment:
    told, _, hears = line.partition(">")
    day, clock, who, *words = told.split()
    at, options = _instant(f"{day}_{clock}"), _options(words[1:])
    heard_at = _instant(options["heard"]) if "heard" in options else at + ON_ITS_WAY_TO_US
    speaker, _, name = who.partition(":")
    if speaker == "watch":
        fact: Contract | None = None
    elif speaker == "shop":
        name = order_name(name or "A", tag)
        counted[name] += 1
        fact = _snapshot(words[0], name, tag, options, counted[name])
    else:
        fact = _scan(words[0], parcel(who, tag), at, options)
    return Moment(at, fact, heard_at, tuple(hears.split()))


def _options(words: list[str]) -> dict[str, str]:
    """`by=buyer` as it stands; a bare word is a condition or the state of the payment."""
    found = {}
    for word in words:
        name, is_option, value = word.partition("=")
        found[name if is_option else "is"] = value if is_option else name
    return found


def _day(text: str) -> date:
    year, month, day = (["2026", "03", text], ["2026", *text.split("-")], text.split("-"))[text.count("-")]
    return date(int(year), int(month), int(day))


def _instant(text: str) -> datetime:
    day, _, clock = text.partition("_")
    return datetime.fromisoformat(f"{_day(day).isoformat()}T{clock}:00").replace(tzinfo=UTC)


def _snapshot(state: str, name: str, tag: str, options: Mapping[str, str], nth: int) -> Order:
    named = [each for each in options.get("in", "").split(",") if each]
    given: dict[str, Any] = {
        "lines": tuple(Line(id=item, title=item, quantity=many) for item, many in _items(options.get("lines", ""))),
        "shipments": tuple(_shipment(each, tag) for each in named),
        "payment": Payment(state=PaymentState(options["is"])) if "is" in options else None,
        "promise": Promise(deliver_until=_day(options["promise"])) if "promise" in options else None,
    }
    return Order(
        shop="demo",
        order_id=name,
        sequence=int(options.get("seq", nth)),
        placed_at=_instant(options.get("placed", "2_08:00")),
        state=ShopState(state),
        buyer=LUCIA,
        **given,
    )


def _shipment(text: str, tag: str) -> Shipment:
    """`S`, `S:mug*1+book*2` with what is in it, `S@AR` with where it goes, `?S` without its carrier."""
    unnamed, (text, _, country) = text.startswith("?"), text.removeprefix("?").partition("@")
    alias, _, items = text.partition(":")
    key = parcel(alias, tag)
    return Shipment(
        carrier=UNNAMED if unnamed else key.carrier,
        reference=key.reference,
        lines=tuple(LineQuantity(id=item, quantity=many) for item, many in _items(items)),
        destination=Destination(country=country) if country else None,
    )


def _items(text: str) -> list[tuple[str, int]]:
    return [(item, int(many)) for item, _, many in (each.partition("*") for each in text.split("+") if each)]


def _scan(stage: str, key: ParcelKey, at: datetime, options: Mapping[str, str]) -> ShipmentEvent:
    return ShipmentEvent(
        carrier=key.carrier,
        reference=key.reference,
        stage=Stage(stage),
        condition=Condition(options["is"]) if "is" in options else None,
        action_by=Actor(options["by"]) if "by" in options else None,
        delivered_to=DeliveredTo(options["to"]) if "to" in options else None,
        occurred_at=at,
        clock=Clock(options.get("clock", "exact")),
        location=Location(city=options["city"]) if "city" in options else None,
        carrier_code=options.get("code"),
        carrier_text=options.get("text"),
        eta=Eta(until=_instant(f"{options['eta']}_12:00")) if "eta" in options else None,
    )
