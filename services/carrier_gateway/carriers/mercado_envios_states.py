"""What the states of a Mercado Envíos shipment mean: `status/substatus`, `status/null` where there is no substatus, and
`status/*` where a status means one thing whatever stands beside it.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row, code_table
from shared.contracts.vocabulary import Actor, Condition, Stage

NONE = "null"
WHATEVER = "*"
SHIPPED = f"shipped/{NONE}"
DELIVERED = f"delivered/{NONE}"

_AT_SHOP = Row(Stage.REGISTERED, action_by=Actor.SHOP)
_MOVING = Row(Stage.IN_TRANSIT)
_STUCK = Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)
_CUSTOMS = Row(Stage.IN_TRANSIT, Condition.CUSTOMS)
_DISPUTED = Row(Stage.IN_TRANSIT, action_by=Actor.SHOP)
_ABSENT = Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)
_ARRIVED = Row(Stage.DELIVERED)
_GOES_BACK = Row(Stage.RETURNING, action_by=Actor.SHOP)
_BACK = Row(Stage.RETURNED, action_by=Actor.SHOP)
_GONE = Row(Stage.LOST, action_by=Actor.SHOP)
_UNCLEAR = Row(Stage.UNKNOWN, action_by=Actor.SHOP)

_SHARED = (
    ("ready_to_ship", _AT_SHOP, (
        NONE, "ready_to_print", "printed", "invoice_pending", "in_pickup_list", "ready_for_pkl_creation",
        "ready_for_pickup", "ready_for_dropoff", "measures_ready", "waiting_for_carrier_authorization",
        "authorized_by_carrier", "in_packing_list", "in_plp", "in_warehouse", "ready_to_pack")),
    ("ready_to_ship", Row(Stage.REGISTERED, Condition.DELAYED, Actor.SHOP), ("stale",)),
    ("ready_to_ship", Row(Stage.ACCEPTED), ("picked_up", "dropped_off")),
    ("ready_to_ship", _MOVING, ("in_hub",)),
    ("shipped", _MOVING, (NONE, "changed_address", "forwarded_to_third", "left_customs")),
    ("shipped", Row(Stage.OUT_FOR_DELIVERY), ("out_for_delivery", "soon_deliver")),
    ("shipped", _STUCK, (
        "delayed", "stale", "need_review", "operator_intervention", "contact_with_carrier_required", "not_localized")),
    ("shipped", _ABSENT, ("receiver_absent", "unauthorized_receiver")),
    ("shipped", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER), ("delivery_failed",)),
    ("shipped", Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP), ("refused_delivery",)),
    ("shipped", Row(Stage.FAILED_ATTEMPT, Condition.HELD, Actor.CARRIER), ("dangerous_area",)),
    ("shipped", Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER), ("bad_address",)),
    ("shipped", Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER), ("waiting_for_withdrawal",)),
    ("shipped", _CUSTOMS, ("at_customs", "delayed_at_customs")),
    ("shipped", Row(Stage.IN_TRANSIT, Condition.HELD), ("retained",)),
    ("shipped", _DISPUTED, ("claimed_me", "reclaimed", "negative_feedback", "waiting_for_confirmation")),
    ("delivered", _ARRIVED, (NONE, "fulfilled_feedback", "no_action_taken", "double_refund", "inferred")),
    ("delivered", Row(Stage.DELIVERED, Condition.DAMAGED, Actor.SHOP), ("damaged",)),
    ("not_delivered", _GOES_BACK, (
        "returning_to_sender", "returning_to_warehouse", "picked_up_for_return", "waiting_for_withdrawal",
        "returned_to_hub", "returned_to_agency")),
    ("not_delivered", _BACK, ("returned", "returned_to_warehouse")),
    ("not_delivered", _GONE, ("stolen", "lost", "not_localized", "destroyed", "confiscated")),
    ("not_delivered", Row(Stage.IN_TRANSIT, Condition.HELD, Actor.SHOP), ("retained",)),
    ("not_delivered", _ABSENT, ("receiver_absent",)),
    ("not_delivered", Row(Stage.CANCELLED, action_by=Actor.SHOP), ("cancelled_measurement_exceeded",)),
    ("not_delivered", Row(Stage.RETURNING, Condition.DAMAGED, Actor.SHOP), ("damaged",)),
    ("not_delivered", _UNCLEAR, ("to_review", "negative_feedback", "double_refund", "claimed_me", NONE)),
)  # fmt: skip

CODES = code_table(
    ("pending/waiting_for_payment", Row(Stage.REGISTERED, Condition.PAYMENT_DUE)),
    (f"pending/{WHATEVER}", Row(Stage.REGISTERED)),
    (f"handling/{WHATEVER}", _AT_SHOP),
    (f"cancelled/{WHATEVER}", Row(Stage.CANCELLED)),
    *((f"{status}/{substatus}", row) for status, row, substatuses in _SHARED for substatus in substatuses),
)
