"""From a planned message to the bytes that go out: rendered once, frozen, and the same for every further attempt."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notifier.channels import Adapters
from services.notifier.channels.base import ChannelAdapter, Letter, Request, keeps_accents
from services.notifier.people.audience import recipients_of
from services.notifier.preferences import links
from services.notifier.render import render
from services.notifier.wording.catalog import Catalog
from services.notifier.wording.situation import RecipientView, full_name
from services.notifier.wording.unrenderable import Unrenderable
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel
from shared.database import Row
from shared.shops import Shops


@dataclass(frozen=True)
class Composer:
    """The words, the shops and the channels. `compose` raises Unrenderable with its reason.

    `public_url`: where buyers reach the notifier. None: letters say nothing of preferences.
    """

    catalog: Catalog
    shops: Shops
    adapters: Adapters
    public_url: str | None = None

    def compose(self, row: Row, now: datetime, adapter: ChannelAdapter) -> dict[str, Any]:
        """The frozen half of a ledger row, as this adapter will send it."""
        letter = self.write(row, now, accents=keeps_accents(adapter))
        request = _prepare(adapter, letter)
        return {
            "id": row["id"],
            "request": request.body,
            "sha256": request.sha256,
            "language": letter.rendered.language,
            "provider": adapter.provider,
        }

    def write(self, row: Row, now: datetime, *, accents: bool = False) -> Letter:
        """What the recipient reads, in no provider's form yet. `now` is the date of an e-mail, and nothing else."""
        step = StepReached.model_validate(row["step_data"], extra="ignore")
        shop = self.shops[step.shop]
        person = recipients_of(step)[row["recipient"]]
        token = row["preferences_token"]
        preferences = links.preferences_url(self.public_url, token) if self.public_url and token else None
        locale = row["language_chosen"] or person.locale
        unsubscribe = links.unsubscribe_url(preferences, row["urgency"])
        view, channel = RecipientView(person.name, row["recipient"], locale), Channel(row["channel"])
        rendered = render(
            self.catalog,
            step,
            shop,
            view,
            channel,
            preferences_url=preferences,
            unsubscribe_url=unsubscribe,
            accents=accents,
        )
        return Letter(
            message_id=row["id"],
            thread=thread_of(step),
            address=row["address"],
            recipient_name=full_name(person.name),
            rendered=rendered,
            shop_name=shop.name,
            sender_email=shop.sender_email,
            reply_to=shop.support_email,
            now=now,
            unsubscribe_url=unsubscribe,
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
