"""schema.org ParcelDelivery as JSON-LD: mail programs show carrier, reference and day beside the message.

Source: schema.org/ParcelDelivery and Google's e-mail markup reference (required there: carrier, deliveryAddress,
expectedArrivalUntil, itemShipped, partOfOrder). What is not known is left out, never guessed: street and region, which
Google asks for as well, are not kept here at all, so Gmail may choose not to show its card.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from services.notifier.wording.data_sheet import ITEMS_SHOWN
from services.notifier.wording.situation import Situation
from shared.contracts.base import rfc3339
from shared.contracts.orders import Destination, Line
from shared.contracts.steps import ParcelFacts

_DANGEROUS = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&'\u2028\u2029"})


def parcel_markup(situation: Situation, lines: tuple[Line, ...], values: Mapping[str, str]) -> Markup:
    """JSON that is safe inside `<script>`: nothing in it can close the element. Empty without a parcel."""
    if situation.parcel is None:
        return Markup()
    titles = tuple(title for line in lines[:ITEMS_SHOWN] if (title := situation.told(line.title)))
    items = titles or (values["The_order"],)
    document = _document(situation, situation.parcel, items, values)
    return Markup(json.dumps(document, ensure_ascii=False).translate(_DANGEROUS))  # noqa: S704  escaped just above


def _document(
    situation: Situation, parcel: ParcelFacts, items: tuple[str, ...], values: Mapping[str, str]
) -> dict[str, Any]:
    step, organisation = situation.step, {"@type": "Organization", "name": values["carrier"]}
    document: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ParcelDelivery",
        "carrier": organisation,
        "provider": organisation,
        "trackingNumber": values["reference"],
        "trackingUrl": step.tracking_url,
        "itemShipped": [{"@type": "Product", "name": item} for item in items],
        "partOfOrder": {
            "@type": "Order",
            "orderNumber": values["order"],
            "merchant": {"@type": "Organization", "name": values["shop"]},
        },
    }
    if parcel.eta is None and situation.expected is not None:
        document["expectedArrivalUntil"] = situation.expected.last.isoformat()
    if parcel.eta is not None:
        document["expectedArrivalUntil"] = rfc3339(parcel.eta.until)
        if parcel.eta.from_ is not None:
            document["expectedArrivalFrom"] = rfc3339(parcel.eta.from_)
    if parcel.destination is not None and parcel.destination.country is not None:
        document["deliveryAddress"] = _address(situation, parcel.destination)
    return document


def _address(situation: Situation, destination: Destination) -> dict[str, str]:
    parts = {
        "addressCountry": destination.country,
        "addressLocality": situation.told(destination.city or ""),
        "postalCode": situation.told(destination.postal_code or ""),
    }
    return {"@type": "PostalAddress"} | {name: value for name, value in parts.items() if value}
