"""From a planned message to the bytes that go out: rendered once, frozen, and the same for every further attempt."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notifier.channels import Adapters
from services.notifier.channels.base import ChannelAdapter, Letter, Request
from services.notifier.intake import recipients_of
from services.notifier.render import render
from services.notifier.wording.catalog import Catalog
from services.notifier.wording.situation import RecipientView
from services.notifier.wording.unrenderable import Unrenderable
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel
from shared.database import Row
from shared.shops import Shops


@dataclass(frozen=True)
class Composer:
    """The words, the shops and the channels. `compose` raises Unrenderable with its reason."""

    catalog: Catalog
    shops: Shops
    adapters: Adapters

    def compose(self, row: Row, now: datetime, adapter: ChannelAdapter) -> dict[str, Any]:
        """The frozen half of a ledger row, as this adapter will send it."""
        letter = self.write(row, now)
        request = _prepare(adapter, letter)
        return {
            "id": row["id"],
            "request": request.body,
            "sha256": request.sha256,
            "language": letter.rendered.language,
            "provider": adapter.provider,
        }

    def write(self, row: Row, now: datetime) -> Letter:
        """What the recipient reads, in no provider's form yet. `now` is the date of an e-mail, and nothing else."""
        step = StepReached.model_validate(row["step_data"], extra="ignore")
        shop = self.shops[step.shop]
        person = recipients_of(step)[row["recipient"]]
        view = RecipientView(person.name, row["recipient"], person.locale)
        rendered = render(self.catalog, step, shop, view, Channel(row["channel"]))
        return Letter(
            message_id=row["id"],
            thread=thread_of(step),
            address=row["address"],
            recipient_name=person.name,
            rendered=rendered,
            shop_name=shop.name,
            sender_email=shop.sender_email,
            reply_to=shop.support_email,
            now=now,
        )


def _prepare(adapter: ChannelAdapter, letter: Letter) -> Request:
    try:
        return adapter.prepare(letter)
    except Unrenderable:
        raise
    except ValueError as error:
        raise Unrenderable(f"the {adapter.channel} channel cannot carry it: {error}") from error


def thread_of(step: StepReached) -> str:
    """The same for all letters about one order; says nothing of it to others."""
    return hashlib.sha256(step.key.encode()).hexdigest()[:32]
