"""From what is stored of an order to the answer about it, without a model for each of its parts: this is asked most.

The values are `OrderAnswer`'s, one by one and in its order, and a test holds the bytes to that model's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from services.tracking.announce import Announcer, Document, parcel_values, shipment_in
from services.tracking.api.answers import OrderAnswer
from services.tracking.directory import Directory
from services.tracking.domain.order import Standing
from services.tracking.domain.shipment import ParcelKey, ParcelState
from services.tracking.domain.which_carrier import How, Lot
from services.tracking.doubts import warnings_of
from services.tracking.queries import OrderStatus
from shared.shops import Shop


def order_json(status: OrderStatus, standing: Standing, announcer: Announcer) -> bytes:
    """`OrderAnswer` as it is sent: UTF-8 JSON, instants in UTC with a `Z`, null for what is not known."""
    return orjson.dumps(_order(status, standing, announcer), option=orjson.OPT_UTC_Z)


def describe_order(status: OrderStatus, standing: Standing, announcer: Announcer) -> OrderAnswer:
    """The same as a model."""
    return OrderAnswer.model_validate_json(order_json(status, standing, announcer))


def _order(status: OrderStatus, standing: Standing, announcer: Announcer) -> dict[str, Any]:
    document = status.document
    shop, order_id = document["shop"], document["order_id"]
    sent = {(each["carrier"], each["reference"]): each for each in document.get("shipments", ())}
    lots = {lot.key: lot for lot in standing.lots}
    return {
        "shop": shop,
        "order_id": order_id,
        "state": standing.state,
        "placed_at": document["placed_at"],
        "sequence": document["sequence"],
        "parcels_total": standing.parcels_total,
        "parcels_delivered": standing.parcels_delivered,
        "shipments": [
            _shipment(
                key,
                standing.parcels[key],
                sent.get(key) or (shipment_in(document, key) if lots else None),
                announcer.shops[shop],
                announcer.directory,
            )
            | _whose(key, lots.get(key))
            for key in standing.shop.parcels
        ],
        "lines": [
            {"id": line["id"], "title": line["title"], "quantity": line["quantity"]}
            for line in document.get("lines", ())
        ],
        "payment": _payment(document.get("payment")),
        "promise": _promise(document.get("promise"), standing),
        "tracking_url": announcer.tracking_url(shop, order_id),
        "steps": orjson.Fragment(status.steps),
        "messages": orjson.Fragment(status.messages),
    }


def _shipment(
    key: ParcelKey, state: ParcelState, sent: Document | None, shop: Shop, directory: Directory
) -> dict[str, Any]:
    sent = sent or {}
    facts = parcel_values(shop, directory, key, sent.get("destination"), state)
    contact = facts["contact"]
    return {
        "carrier": key.carrier,
        "carrier_name": facts["carrier_name"],
        "reference": key.reference,
        "phone": contact["phone"],
        "phone_of_shop": contact["of_shop"],
        "carrier_url": facts.get("carrier_url"),
        "stage": state.stage,
        "condition": state.condition,
        "action_by": state.action_by,
        "delivered_to": state.delivered_to,
        "location": _of(facts.get("location"), "city", "postal_code", "country"),
        "eta": _of(facts.get("eta"), "from", "until"),
        "since": state.since,
        "lines": [{"id": line["id"], "quantity": line["quantity"]} for line in sent.get("lines", ())],
    }


def _whose(key: ParcelKey, lot: Lot | None) -> dict[str, Any]:
    """How the carrier is known, and what speaks against it."""
    warnings = warnings_of(key.carrier, key.reference)
    if lot is None:
        return {"carrier_by": How.SHOP, "candidates": (), "corrected_from": None, "warnings": warnings}
    return {
        "carrier_by": lot.how,
        "candidates": () if lot.known else [candidate.carrier for candidate in lot.candidates],
        "corrected_from": lot.was.carrier if lot.was else None,
        "warnings": warnings,
    }


def _payment(payment: Document | None) -> dict[str, Any] | None:
    if payment is None:
        return None
    return {
        "state": payment["state"],
        "method": payment.get("method"),
        "total": _of(payment.get("total"), "amount", "currency"),
        "shipping": _of(payment.get("shipping"), "amount", "currency"),
    }


def _promise(promise: Document | None, standing: Standing) -> dict[str, Any] | None:
    if promise is None:
        return None
    return {
        "deliver_from": promise.get("deliver_from"),
        "deliver_until": promise["deliver_until"],
        "broken": standing.promise_is_broken,
    }


def _of(values: Mapping[str, Any] | None, *names: str) -> dict[str, Any] | None:
    return {name: values.get(name) for name in names} if values is not None else None
