"""What a shop gets in its hands when a buyer's contact was erased: counts, times and what is beyond reach."""

from __future__ import annotations

from services.tracking.api.answers import Answer
from shared.contracts.base import Instant
from shared.contracts.erasures import ErasedRows, Offered
from shared.contracts.vocabulary import OrderState


class PartialProof(Answer):
    """`erased_at`: the last time there was something to erase. `called_off`: messages that will not be sent."""

    erased_at: Instant
    tables: tuple[ErasedRows, ...]
    called_off: int


class Kept(Answer):
    """What stays of the order, without contact: its state, its steps, and a verdict for each message."""

    state: OrderState
    steps: int
    verdicts: int


class Copies(Answer):
    """Kafka cannot take single messages back; by this time it has deleted them."""

    topic: str
    until: Instant


class BeyondReach(Answer):
    """What cannot be taken back: copies on Kafka for a while, and what providers and recipients were given."""

    kafka: tuple[Copies, ...]
    providers: tuple[Offered, ...]


class ErasureProof(Answer):
    """`complete` once both services have erased and neither holds a row with contact. `notifier` is null until then."""

    shop: str
    order_id: str
    requested_at: Instant
    complete: bool
    tracking: PartialProof
    notifier: PartialProof | None
    kept: Kept
    beyond_reach: BeyondReach


_DONE = "2026-03-20T10:15:00Z"
EXAMPLE = ErasureProof.model_validate(
    {
        "shop": "demo",
        "order_id": "A-1001",
        "requested_at": _DONE,
        "complete": True,
        "tracking": {
            "erased_at": _DONE,
            "tables": [{"table": "orders", "erased": 1, "remaining": 0, "kept": 1}],
            "called_off": 0,
        },
        "notifier": {
            "erased_at": "2026-03-20T10:15:01Z",
            "tables": [{"table": "messages", "erased": 4, "remaining": 0, "kept": 4}],
            "called_off": 1,
        },
        "kept": {"state": "delivered", "steps": 6, "verdicts": 4},
        "beyond_reach": {
            "kafka": [{"topic": "shop.orders.v1", "until": "2026-03-28T10:15:00Z"}],
            "providers": [],
        },
    }
)
NOT_YET = EXAMPLE.model_copy(update={"complete": False, "notifier": None})
