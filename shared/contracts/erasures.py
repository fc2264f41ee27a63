"""`tracking.erasures.v1` and `notifier.erasures.v1`: one buyer's contact is to be forgotten, and was: the proof.

Contact is all there is of a buyer but language and time zone (name, e-mail, phone, consents), and all there is of other
recipients. No event on these topics holds any. Both are kept for good: whoever replays older events must know what was
erased, and a controller must be able to show that it was (GDPR, articles 17 and 5(2)).
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import Field

from shared.contracts.base import Contract, Instant, OrderId, ShopId, ShortText
from shared.contracts.orders import Buyer
from shared.contracts.steps import StepReached

_NAMESPACE = uuid5(NAMESPACE_URL, "hito:erasure")


class ErasureRequested(Contract):
    """The shop wants the contact of this order's buyer erased. `request` counts how often it was asked for."""

    shop: ShopId
    order_id: OrderId
    request: int = Field(default=1, ge=1)
    requested_at: Instant

    @property
    def key(self) -> str:
        return f"{self.shop}/{self.order_id}"

    @property
    def event_id(self) -> UUID:
        return uuid5(_NAMESPACE, f"requested\x1f{self.key}\x1f{self.request}")


class ErasedRows(Contract):
    """One table: rows emptied of contact so far; rows of the order that hold some still, counted after the change and
    in its transaction; rows of the order that stay, without.
    """

    table: ShortText
    erased: int = Field(ge=0)
    remaining: int = Field(ge=0)
    kept: int = Field(ge=0)


class Offered(Contract):
    """So many messages were handed to this provider at least once: it may hold the contact in logs of its own."""

    provider: ShortText
    messages: int = Field(ge=1)


class ContactErased(Contract):
    """One service has erased. `called_off`: messages that were waiting to be sent and never will be."""

    shop: ShopId
    order_id: OrderId
    request: int = Field(default=1, ge=1)
    erased_at: Instant
    rows: tuple[ErasedRows, ...]
    called_off: int = Field(default=0, ge=0)
    offered: tuple[Offered, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.shop}/{self.order_id}"

    @property
    def event_id(self) -> UUID:
        return uuid5(_NAMESPACE, f"erased\x1f{self.key}\x1f{self.request}")

    @property
    def nothing_remains(self) -> bool:
        return all(each.remaining == 0 for each in self.rows)

    def after(self, earlier: ContactErased | None) -> ContactErased:
        """With what was erased before added in. If this time there was nothing to erase, the proof is as it was."""
        if earlier is None:
            return self
        found = self.called_off or any(each.erased for each in self.rows)
        if not found and self.nothing_remains and earlier.nothing_remains:
            return earlier.model_copy(update={"request": self.request})
        before = {each.table: each.erased for each in earlier.rows}
        return self.model_copy(
            update={
                "rows": tuple(
                    each.model_copy(update={"erased": each.erased + before.get(each.table, 0)}) for each in self.rows
                ),
                "called_off": self.called_off + earlier.called_off,
            }
        )


def without_contact(buyer: Buyer) -> Buyer:
    """Whom nobody can reach or name; which language their page is in is still known."""
    return Buyer(locale=buyer.locale, timezone=buyer.timezone)


def step_without_contact(step: StepReached) -> StepReached:
    return step.model_copy(update={"buyer": without_contact(step.buyer), "recipients": ()})
