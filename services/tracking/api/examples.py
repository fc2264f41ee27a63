"""One order of a small bookshop as every endpoint answers of it, for the OpenAPI document."""

from __future__ import annotations

from services.tracking.api.answers import Accepted, OrderAnswer, OrderPage, ReferenceWarning, Timeline, Why
from services.tracking.api.ops_answers import (
    ConflictPage,
    DeadLetterPage,
    LagAnswer,
    ParkedPage,
    Replayed,
    StuckPage,
    UnmappedPage,
    UnnamedPage,
)

SHOP, NUMBER, PARCEL = "demo", "A-1001", "seur/12345678901234"
_FACT = "0b6c2f5e-8a54-5f0c-9c1d-3a7f0e6b2d11"
_MESSAGE = "5f0c9a52-7d0b-4a43-9d3e-2f6b1c8e4a11"
_PLACED, _SCANNED, _TOLD = "2026-03-02T08:00:00Z", "2026-03-04T07:31:00Z", "2026-03-04T07:31:05Z"
NEXT = "WyIyMDI2LTAzLTAyVDA4OjAwOjAwWiIsICJkZW1vIiwgIkEtMTAwMSJd"

_MISTYPED = ReferenceWarning(
    order_id="A-1001", carrier="ups", reference="1Z999AA10123456785", warnings=("check_digit",)
)
ACCEPTED = Accepted(accepted=1, warnings=(_MISTYPED,))

ORDER_IN = {
    "order_id": NUMBER,
    "sequence": 1,
    "placed_at": _PLACED,
    "state": "confirmed",
    "buyer": {
        "email": "lucia@example.com",
        "phone": "+34600000001",
        "locale": "es-ES",
        "consents": [{"channel": "whatsapp", "purpose": "order_status"}],
    },
    "shipments": [{"carrier": "seur", "reference": "12345678901234", "destination": {"country": "ES"}}],
    "promise": {"deliver_until": "2026-03-05"},
}

ORDER = OrderAnswer.model_validate(
    {
        "shop": SHOP,
        "order_id": NUMBER,
        "state": "shipped",
        "placed_at": _PLACED,
        "sequence": 2,
        "parcels_total": 1,
        "parcels_delivered": 0,
        "shipments": [
            {
                "carrier": "seur",
                "carrier_name": "SEUR",
                "reference": "12345678901234",
                "phone": "+34 910 000 111",
                "phone_of_shop": False,
                "carrier_url": "https://seur.example/12345678901234",
                "stage": "out_for_delivery",
                "condition": None,
                "action_by": None,
                "delivered_to": None,
                "location": {"city": "Sevilla", "postal_code": "41001", "country": "ES"},
                "eta": None,
                "since": _SCANNED,
                "lines": [{"id": "1", "quantity": 2}],
            }
        ],
        "lines": [{"id": "1", "title": "Cuaderno de viaje", "quantity": 2}],
        "payment": {"state": "paid", "method": "card", "total": {"amount": 4990, "currency": "EUR"}},
        "promise": {"deliver_from": None, "deliver_until": "2026-03-05", "broken": False},
        "tracking_url": "https://track.example.com/t/7Kq0v3cZ2mB1nX8yP4sR6w",
        "steps": [
            {
                "step": "out_for_delivery",
                "occurrence": "1",
                "parcel": PARCEL,
                "occurred_at": _SCANNED,
                "told_while_true": True,
            }
        ],
        "messages": [
            {
                "id": _MESSAGE,
                "step": "out_for_delivery",
                "occurrence": "1",
                "parcel": PARCEL,
                "recipient": "buyer",
                "channel": "email",
                "verdict": "delivered",
                "reason": "smtp_accepted",
                "language": "es",
                "at": _TOLD,
            }
        ],
    }
)

PAGE = OrderPage.model_validate(
    {
        "orders": [{"shop": SHOP, "order_id": NUMBER, "state": "shipped", "placed_at": _PLACED, "late": False}],
        "next": NEXT,
    }
)

TIMELINE = Timeline.model_validate(
    {
        "entries": [
            {"at": "2026-03-02T08:01:00Z", "clock": "exact", "kind": "shop", "state": "confirmed", "sequence": 1},
            {
                "at": _SCANNED,
                "clock": "assumed",
                "kind": "carrier",
                "parcel": PARCEL,
                "stage": "out_for_delivery",
                "location": {"city": "Sevilla", "postal_code": "41001", "country": "ES"},
                "carrier_code": "LO050",
                "carrier_text": "En reparto",
                "fact": _FACT,
            },
        ]
    }
)

_SAID = {
    "recipient": "buyer",
    "channel": "email",
    "verdict": "delivered",
    "reason": "smtp_accepted",
    "at": _TOLD,
}
WHY = Why.model_validate(
    {
        "decisions": [
            {
                "event": _FACT,
                "kind": "carrier",
                "at": _SCANNED,
                "parcel": PARCEL,
                "what": "out_for_delivery",
                "ignored": None,
                "steps": [
                    {"step": "out_for_delivery", "occurrence": "1", "told_while_true": True, "messages": [_SAID]}
                ],
            }
        ]
    }
)

UNMAPPED = UnmappedPage.model_validate(
    {
        "unmapped": [
            {
                "carrier": "seur",
                "code": "LX99",
                "sample": "Sin clasificar",
                "seen": 12,
                "first_seen": _PLACED,
                "last_seen": _SCANNED,
            }
        ],
        "next": None,
    }
)

DEAD_LETTERS = DeadLetterPage.model_validate(
    {
        "dead_letters": [
            {
                "id": 41,
                "topic": "shop.orders.v1",
                "partition": 3,
                "offset": 77,
                "reason": "invalid: buyer: buyer.email or buyer.phone is required: without either nobody can be told",
                "handler": "tracking",
                "traceparent": None,
                "first_seen": _SCANNED,
                "replayed_at": None,
                "replay_of": None,
            }
        ],
        "next": None,
    }
)

REPLAYED = Replayed.model_validate({"id": 41, "topic": "shop.orders.v1", "replayed_at": _TOLD})

STUCK = StuckPage.model_validate(
    {
        "stuck": [
            {
                "shop": SHOP,
                "order_id": "A-0907",
                "state": "confirmed",
                "placed_at": "2026-02-11T10:20:00Z",
                "last_step": "order_confirmed",
                "last_step_at": "2026-02-11T10:20:00Z",
                "waits_for": "parcel",
                "parcel": None,
            }
        ],
        "next": None,
    }
)

CONFLICTS = ConflictPage.model_validate(
    {
        "conflicts": [{"shop": SHOP, "order_id": NUMBER, "sequence": 3, "contents": 2, "last_said_at": _SCANNED}],
        "next": None,
    }
)

PARKED = ParkedPage.model_validate(
    {"parked": [{"carrier": "seur", "reference": "12345678901234", "facts": 2}], "next": None}
)

UNNAMED = UnnamedPage.model_validate(
    {
        "unnamed": [{"shop": SHOP, "order_id": "A-1002", "reference": "12345678901234", "candidates": ["dpd", "seur"]}],
        "next": None,
    }
)

LAG = LagAnswer.model_validate(
    {
        "outbox": {"unpublished": 2, "oldest_seconds": 0.4},
        "consumers": {
            "group": "tracking",
            "total": 12,
            "partitions": [{"topic": "shop.orders.v1", "partition": 0, "committed": 1041, "end": 1053, "lag": 12}],
        },
        "consumers_unknown": None,
        "dead_letters_waiting": 1,
        "parked_parcels": 0,
    }
)
