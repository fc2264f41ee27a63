"""What is to be told, to whom and how it is spoken: the one value that all parts of a message are written from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from services.notifier.wording.dates import Calendar, Span, span_of_eta, span_of_promise
from services.notifier.wording.outside_words import one_line, quoted, unformatted
from services.notifier.wording.variants import speaks_of_parcel, variant_of
from services.notifier.wording.words import Speech
from shared.contracts.steps import ParcelFacts, StepReached
from shared.contracts.vocabulary import Channel, Step
from shared.shops import Shop

BUYER = "buyer"
_ANY_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-]){0,39}")
_MOST_NAMES = 6
_FIRST_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['’-]){0,39}")


@dataclass(frozen=True)
class RecipientView:
    """As much of a recipient as words need. `role` is `buyer` for the one who ordered."""

    name: str | None
    role: str
    locale: str | None
    """Where they say on which channels and in which language they want to hear. None: there is no such page."""


@dataclass(frozen=True)
class Situation:
    step: StepReached
    shop: Shop
    recipient: RecipientView
    channel: Channel
    speech: Speech

    @cached_property
    def variant(self) -> str | None:
        return variant_of(self.step)

    @cached_property
    def parcel(self) -> ParcelFacts | None:
        """The parcel that the words speak of, if they speak of one."""
        return self.step.parcel if speaks_of_parcel(self.step.step, self.variant) else None

    @property
    def to_buyer(self) -> bool:
        """Others, the receiver of a gift say, see neither amounts nor contents, and it is not "your order" to them."""
        return self.recipient.role == BUYER

    @cached_property
    def calendar(self) -> Calendar:
        zone = ZoneInfo(self.step.buyer.timezone or self.shop.zone)
        say = self.speech.source
        return Calendar(self.speech.locale, zone, say("formats.day"), say("formats.short_day"), say("formats.time"))

    @property
    def first_name(self) -> str | None:
        return first_name(self.recipient.name)

    def told(self, words: str) -> str:
        """What somebody outside wrote, as this channel may show it: neither a link nor, on WhatsApp, formatting."""
        shown = quoted(words)
        return unformatted(shown) if self.channel is Channel.WHATSAPP else shown

    @property
    def phone(self) -> str:
        return self.told(self.parcel.contact.phone) if self.parcel is not None else self.shop.support_phone

    @property
    def phone_is_of_shop(self) -> bool:
        return self.parcel is None or self.parcel.contact.of_shop

    @cached_property
    def expected(self) -> Span | None:
        """When it should arrive: the carrier's word, else the shop's promise; neither once its time has gone by."""
        calendar, day = self.calendar, self.calendar.day_of(self.step.occurred_at)
        eta = self.parcel.eta if self.parcel is not None else None
        spans = [span_of_eta(eta, calendar)] if eta is not None else []
        if self.step.step is Step.OUT_FOR_DELIVERY:
            spans.append(Span(day, day))
        elif self.step.order.promise is not None and self.step.step is not Step.DELAYED:
            spans.append(span_of_promise(self.step.order.promise))
        return next((span for span in spans if span.last >= day), None)


def first_name(name: str | None) -> str | None:
    """`LUCÍA GARCÍA` is greeted as `Lucía`. What does not look like a name is left out: names come from forms."""
    words = clean(name or "").split()
    if not words or not _FIRST_NAME.fullmatch(words[0]):
        return None
    first = words[0]
    return first.title() if first.isupper() or first.islower() else first


def full_name(name: str | None) -> str | None:
    """The name as it stands beside the address of an e-mail, or none: an address typed for somebody else with a
    message in place of the name shall carry none."""
    shown = clean(name or "")
    words = shown.split()
    fits = 1 <= len(words) <= _MOST_NAMES and all(_ANY_NAME.fullmatch(word) for word in words)
    return shown if fits and quoted(shown) == shown else None


def clean(value: str) -> str:
    """One line of visible characters: no control, direction or zero-width marks, single spaces, NFC."""
    return one_line(value)
