"""`notifier.outcomes.v1`: what became of each message, so that the order can answer "why did the buyer (not) hear?".

No address and no number here: the recipient is named by its role, the channel by its name.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from shared.contracts.base import Contract, Instant, OrderId, ShopId, ShortText
from shared.contracts.vocabulary import Channel, Step, Verdict

_NAMESPACE = uuid5(NAMESPACE_URL, "hito:outcome")


class MessageOutcome(Contract):
    """One message reached a verdict. `message` is the ledger's id; `parcel` is `carrier/reference`."""

    shop: ShopId
    order_id: OrderId
    message: UUID
    step: Step
    occurrence: ShortText = "1"
    parcel: ShortText | None = None
    recipient: ShortText
    channel: Channel
    verdict: Verdict
    reason: ShortText
    occurred_at: Instant
    language: ShortText | None = None
    provider: ShortText | None = None
    caused_by: UUID | None = None
    """The id of the step event that the message tells of."""

    @property
    def key(self) -> str:
        return f"{self.shop}/{self.order_id}"

    @property
    def event_id(self) -> UUID:
        return uuid5(_NAMESPACE, f"{self.message}\x1f{self.verdict}\x1f{self.reason}")
