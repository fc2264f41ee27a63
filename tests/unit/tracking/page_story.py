"""Builders for what a buyer's page tells: an order of the demo bookshop, its parcels, and the reader in front of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from services.tracking.announce import Announcer
from services.tracking.api.page_answers import PageAnswer
from services.tracking.api.page_brand import brand_style
from services.tracking.api.page_html import render_page
from services.tracking.api.page_view import calendar_of, describe_page
from services.tracking.directory import Directory
from services.tracking.domain.order import advance
from services.tracking.domain.promise import TimeFact
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.queries import OrderStory
from shared.contracts.directory import CarrierEntry, CarrierPhone, TrackingLink
from shared.contracts.orders import Buyer, Line, LineQuantity, Order, Promise, Shipment
from shared.contracts.vocabulary import PaymentState
from shared.shops import load_shops
from tests.unit.tracking.facts import CORREOS, SEUR, at, says

FRIDAY = at(6)

CARRIERS = (
    CarrierEntry(
        id="seur",
        name="SEUR",
        zone="Europe/Madrid",
        phones=(
            CarrierPhone(
                country="ES",
                number="+34 910 000 100",
                source="https://carrier.example/help",
                checked_on=date(2026, 3, 1),
                confirmed=True,
                hours="L-V 8:00-20:00",
            ),
        ),
        links=(TrackingLink(template="https://carrier.example/track?ref={reference}"),),
    ),
    CarrierEntry(id="correos", name="Correos", zone="Europe/Madrid"),
)
"""SEUR can be called; of Correos no number is confirmed, so the shop's own stands in."""


def announcer(*carriers: CarrierEntry) -> Announcer:
    return Announcer(
        shops=load_shops(Path("config/shops")),
        directory=Directory(carriers or CARRIERS),
        public_url="https://track.example",
        token_secret="a-secret-that-only-tests-know-of-00",
    )


def story(
    *snapshots: ShopFact,
    seur: Iterable[ParcelFact] = (),
    correos: Iterable[ParcelFact] = (),
    late: Iterable[TimeFact] = (),
    buyer: Buyer | None = None,
    items: int | None = None,
    shop: str = "demo",
) -> OrderStory:
    """The order as intake would have stored it, folded from these facts; the last snapshot is the one that stands."""
    standing = snapshots[-1]
    facts = {key: tuple(found) for key, found in ((SEUR, seur), (CORREOS, correos)) if key in standing.parcels}
    decision = advance(snapshots, facts, tuple(late))
    order = _order(standing, buyer or Buyer(email="lucia.canaria@example.com"), items, shop)
    return OrderStory(
        order=order,
        decision=decision,
        steps=(),
        messages=(),
        snapshots=snapshots,
        facts=facts,
        time_facts=tuple(late),
        finished_at=None,
    )


def _order(standing: ShopFact, buyer: Buyer, items: int | None, shop: str) -> Order:
    lines = (LineQuantity(id="1", quantity=items),) if items else ()
    return Order(
        shop=shop,
        order_id="A-1001",
        sequence=standing.sequence,
        placed_at=standing.placed_at,
        state=standing.state,
        buyer=buyer,
        lines=(Line(id="1", title="Cuaderno de tela", quantity=items),) if items else (),
        shipments=tuple(
            Shipment(carrier=key.carrier, reference=key.reference, lines=lines) for key in standing.parcels
        ),
        promise=Promise(deliver_until=standing.promise_until) if standing.promise_until else None,
    )


def shipped(*parcels: ParcelKey, promise: date | None = None) -> ShopFact:
    return says("shipped", 3, day=3, parcels=parcels or (SEUR,), promise=promise)


def page(told: OrderStory, now: datetime = FRIDAY, lang: str | None = "es", by: Announcer | None = None) -> PageAnswer:
    by = by or announcer()
    return describe_page(told, by, calendar_of(told, by, lang, now))


def html(told: OrderStory, now: datetime = FRIDAY, lang: str | None = "es", by: Announcer | None = None) -> str:
    by = by or announcer()
    calendar = calendar_of(told, by, lang, now)
    style = brand_style(by.shops[told.order.shop].colour)
    return render_page(describe_page(told, by, calendar), calendar, style, '"tag"')


def refunded(snapshot: ShopFact) -> ShopFact:
    return snapshot._replace(payment=PaymentState.REFUNDED)
