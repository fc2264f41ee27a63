"""An order whose buyer's contact was erased: the one kind of order that has nobody to tell."""

from __future__ import annotations

from pydantic import ValidationError, model_validator

from shared.contracts.erasures import without_contact
from shared.contracts.orders import Order


class ErasedOrder(Order):
    """Everything of the order but whom to tell. Raises ValueError for contact instead of for the lack of it."""

    @model_validator(mode="after")
    def _somebody_to_tell(self) -> ErasedOrder:
        if self.buyer != without_contact(self.buyer) or self.recipients:
            raise ValueError("the contact of this order was erased and must not come back")
        return self


def order_without_contact(order: Order) -> ErasedOrder:
    """The same order; no name, address, phone, consent or other recipient is left in it."""
    kept = {name: getattr(order, name) for name in type(order).model_fields}
    return ErasedOrder.model_validate(kept | {"buyer": without_contact(order.buyer), "recipients": ()})


def read_order(document: str) -> Order:
    """An order as this service stored it, as JSON, with contact or after its erasure."""
    try:
        return Order.model_validate_json(document, extra="ignore")
    except ValidationError:
        return ErasedOrder.model_validate_json(document, extra="ignore")
