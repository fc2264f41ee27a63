"""Every message by its owner, in memory and bounded, and the live wire to the pages that are open."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sandbox.phone.address_book import AddressBook, Card
from sandbox.phone.messages import PhoneMessage
from sandbox.providers import StatusChange

KEPT_PER_PERSON = 400
KEPT_EARLY = 1000
PENDING_PER_PAGE = 1000

Update = dict[str, Any]


class Mailroom:
    """`deliver` files a message, `tell` its newer status, in whichever order they come; open pages hear of both."""

    def __init__(self, book: AddressBook) -> None:
        self._book = book
        self._boxes: OrderedDict[str, OrderedDict[str, PhoneMessage]] = OrderedDict()
        self._by_id: dict[str, PhoneMessage] = {}
        self._pages: set[asyncio.Queue[Update | None]] = set()
        self._early: OrderedDict[str, list[StatusChange]] = OrderedDict()

    def tell(self, change: StatusChange) -> None:
        """A status may be here before its message; it is kept until then."""
        message = self._by_id.get(change.provider_message_id)
        if message is not None:
            self.deliver(message.after(change))
            return
        self._early.setdefault(change.provider_message_id, []).append(change)
        if len(self._early) > KEPT_EARLY:
            self._early.popitem(last=False)

    def deliver(self, message: PhoneMessage) -> None:
        """The same id again replaces the message: its status has moved on."""
        for change in self._early.pop(message.id, ()):
            message = message.after(change)
        card = self._book.owner_of(message)
        box = self._boxes.setdefault(card.id, OrderedDict())
        box[message.id] = message
        self._by_id[message.id] = message
        if len(box) > KEPT_PER_PERSON:
            _, oldest = box.popitem(last=False)
            del self._by_id[oldest.id]
        if message.id == next(reversed(box)):
            self._boxes.move_to_end(card.id)
        update = {"person": self.summary(card), "message": message.as_json()}
        for page in self._pages:
            _put(page, update)

    def people(self) -> list[Update]:
        """Everybody who has got a message, the latest first."""
        return [self.summary(self._book[card_id]) for card_id in reversed(self._boxes)]

    def summary(self, card: Card) -> Update:
        box = self._boxes.get(card.id, OrderedDict())
        latest = max(box.values(), key=lambda m: m.at, default=None)
        return {
            **card.as_json(),
            "total": len(box),
            "channels": sorted({message.channel.value for message in box.values()}),
            "latest": latest.as_json() if latest else None,
        }

    def messages_of(self, card_id: str) -> list[Update]:
        """Oldest first. Raises KeyError for an id nobody has."""
        card = self._book[card_id]
        return [message.as_json() for message in self._boxes.get(card.id, OrderedDict()).values()]

    def message(self, message_id: str) -> PhoneMessage | None:
        return self._by_id.get(message_id)

    @asynccontextmanager
    async def page_open(self) -> AsyncIterator[asyncio.Queue[Update | None]]:
        """What happens while the page is open. None ends it: the sandbox stops, or the page cannot keep up."""
        queue: asyncio.Queue[Update | None] = asyncio.Queue(PENDING_PER_PAGE)
        self._pages.add(queue)
        try:
            yield queue
        finally:
            self._pages.discard(queue)

    def close(self) -> None:
        """Let every open page go, so that the server can stop."""
        for page in self._pages:
            _put(page, None)


def _put(page: asyncio.Queue[Update | None], update: Update | None) -> None:
    """A page that does not read is dropped and reloads everything when it comes back."""
    if page.full():
        while not page.empty():
            page.get_nowait()
        update = None
    page.put_nowait(update)
