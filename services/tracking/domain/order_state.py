"""The whole order in one word, from what the shop says of it and where its parcels are."""

from __future__ import annotations

from collections.abc import Mapping

from services.tracking.domain.lifecycle import UNDER_WAY
from services.tracking.domain.shipment import NEVER_SCANNED, ParcelKey, ParcelState
from services.tracking.domain.snapshot import ShopFact
from shared.contracts.vocabulary import OrderState, ShopState, Stage


def order_state(shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState]) -> OrderState:
    """The whole order: delivered only when every parcel is and none is still to be sent. A missing parcel is unscanned.

    A parcel whose label the carrier cancelled does not count. Cancelled and returned by the shop's word are final.
    """
    stages = stages_that_count(shop, parcels)
    if shop.state in _FINAL_WORDS or not stages:
        return _AS_THE_SHOP_SAYS[shop.state]
    sent_by_shop = shop.state in _SENT
    whole = sent_by_shop or not shop.lines_pending
    different = set(stages)
    if whole and different == {Stage.RETURNED}:
        return OrderState.RETURNED
    if whole and different == {Stage.DELIVERED}:
        return OrderState.DELIVERED
    if Stage.DELIVERED in different:
        return OrderState.PARTLY_DELIVERED
    if sent_by_shop or (whole and different <= UNDER_WAY):
        return OrderState.SHIPPED
    if different & UNDER_WAY:
        return OrderState.PARTLY_SHIPPED
    return _AS_THE_SHOP_SAYS[shop.state]


_FINAL_WORDS = frozenset({ShopState.CANCELLED, ShopState.RETURNED})
_SENT = frozenset({ShopState.SHIPPED, ShopState.DELIVERED})
_AS_THE_SHOP_SAYS: Mapping[ShopState, OrderState] = {state: OrderState(state.value) for state in ShopState}


def stages_that_count(shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState]) -> list[Stage]:
    stages = [parcels.get(key, NEVER_SCANNED).stage for key in shop.parcels]
    return [stage for stage in stages if stage is not Stage.CANCELLED] if Stage.CANCELLED in stages else stages
