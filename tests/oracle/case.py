"""One order with all that is known of it from outside: what was sent, what is answered, what was accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.oracle.folder import AcceptLog
from tests.oracle.ledger import OrderLedger
from tests.oracle.records import Accepted, Answer, Entry, Message, Status
from tests.oracle.shops import ShopWishes
from tests.oracle.story import StepId, Story, story_of


class Heard(NamedTuple):
    """A message in somebody's hands, and what the API calls it."""

    accepted: Accepted
    message: Message

    @property
    def step(self) -> StepId:
        return step_id(self.message)


def step_id(message: Message) -> StepId:
    return StepId(message.step, message.occurrence, message.parcel or "")


@dataclass(frozen=True)
class Case:
    """`troubled`: something was killed, stopped or cut off in this run, so that doubt and failures are to be expected.

    `heard` is in the order in which the providers took the messages.
    """

    order: OrderLedger
    answer: Answer
    status: Status
    shop: ShopWishes
    shops: Mapping[str, ShopWishes]
    story: Story
    heard: tuple[Heard, ...]
    troubled: bool
    receipts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the providers said of each message, by our id; of one that is not here they said nothing."""

    @property
    def name(self) -> str:
        return self.order.name


def open_case(
    order: OrderLedger,
    answer: Answer,
    shops: Mapping[str, ShopWishes],
    log: AcceptLog,
    receipts: Mapping[str, frozenset[str]],
    *,
    troubled: bool,
) -> Case:
    """What was sent and never confirmed counts where the timeline shows that it arrived."""
    status = answer.status
    assert status is not None, "an order that is not found is a finding of its own"
    shop = shops[order.key[0]]
    known = order.sure | arrived(order, answer)
    messages = {message.id: message for message in status.messages}
    accepted = log.read(iter(messages))
    heard = tuple(Heard(entry, messages[str(entry.message_id)]) for entry in accepted)
    return Case(order, answer, status, shop, shops, story_of(order, shop.zone, known), heard, troubled, receipts)


def arrived(order: OrderLedger, answer: Answer) -> set[object]:
    """The facts that the timeline shows."""
    facts = {entry.fact for entry in answer.timeline if entry.kind == "carrier"}
    sequences = {entry.sequence for entry in shop_entries(answer)}
    return {identity for identity in order.snapshots if identity[0] in sequences} | (facts & set(order.scans))


def shop_entries(answer: Answer) -> list[Entry]:
    return [entry for entry in answer.timeline if entry.kind == "shop"]
