"""The e-mail: one list of contents, written out as text and as HTML, so that both say the same."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields

from markupsafe import Markup

from services.notifier.wording.aftercare import policy_entries
from services.notifier.wording.brand import DARK_GROUND, LIGHT_GROUND, Paint, paint, paint_on
from services.notifier.wording.data_sheet import Entry, contact, contents, list_of, sheet
from services.notifier.wording.parcel_markup import parcel_markup
from services.notifier.wording.progress import progress
from services.notifier.wording.situation import Situation
from shared.contracts.vocabulary import Step


@dataclass(frozen=True)
class Mail:
    """Everything both layouts may print. `next` is what happens next or what the buyer must do."""

    language: str
    subject: str
    shop: str
    header: Paint
    on_light: Paint
    on_dark: Paint
    progress: tuple[tuple[str, bool], ...]
    greeting: str
    headline: str
    happened: str
    next_title: str
    next: str
    note: str | None
    link: str
    button: str
    sheet_title: str
    sheet: tuple[Entry, ...]
    items_title: str
    items: tuple[str, ...]
    policies: tuple[Entry, ...]
    closing: str
    contact: tuple[Entry, ...]
    choices: tuple[Entry, ...]
    """What the buyer can say about these messages, at the very end; empty when there is no page to say it on."""
    markup: Markup
    """JSON-LD for HTML; empty when the mail is not about a parcel."""


@dataclass(frozen=True)
class ChoicePages:
    """Where the buyer says which messages to get, and where to stop those like this one. None: no such link."""

    preferences_url: str | None = None
    unsubscribe_url: str | None = None


NO_PAGES = ChoicePages()


def form_of(mail: Mail) -> Hashable:
    """Which parts the mail has. Layouts only print what stands in them: one that prints it prints all of its form."""
    return tuple(_parts(getattr(mail, part.name)) for part in fields(mail))


def _parts(value: object) -> Hashable:
    if isinstance(value, Entry):
        return bool(value.label), bool(value.value), bool(value.href)
    return tuple(_parts(one) for one in value) if isinstance(value, tuple) else bool(value)


def write_mail(situation: Situation, values: Mapping[str, str], words: Mapping[str, str], pages: ChoicePages) -> Mail:
    """`words` are the step's own: subject, headline, happened, next."""
    say, name, lines = situation.speech.say, situation.first_name, contents(situation)
    about = "parcel" if situation.parcel is not None else "order"
    return Mail(
        language=situation.speech.tag,
        subject=words["subject"],
        shop=values["shop"],
        header=paint(situation.shop.colour),
        on_light=paint_on(LIGHT_GROUND, situation.shop.colour),
        on_dark=paint_on(DARK_GROUND, situation.shop.colour),
        progress=progress(situation),
        greeting=say("email.greeting_by_name", {"name": name}) if name else say("email.greeting"),
        headline=words["headline"],
        happened=words["happened"],
        next_title=say("email.next_title"),
        next=words["next"],
        note=_note_on_parts(situation, values),
        link=values["link"],
        button=say(f"email.{about}.button"),
        sheet_title=say(f"email.{about}.sheet_title"),
        sheet=sheet(situation, values),
        items_title=say(f"email.{about}.items_title"),
        items=list_of(lines, situation),
        policies=policy_entries(situation),
        closing=say(f"email.closing.{'yours' if situation.to_buyer else 'theirs'}", values),
        contact=contact(situation),
        choices=_choices(situation, pages),
        markup=parcel_markup(situation, lines, values),
    )


def _choices(situation: Situation, pages: ChoicePages) -> tuple[Entry, ...]:
    say = situation.speech.say
    offered = (("email.preferences", pages.preferences_url), ("email.unsubscribe", pages.unsubscribe_url))
    return tuple(Entry(say(label), url, url) for label, url in offered if url is not None)


def _note_on_parts(situation: Situation, values: Mapping[str, str]) -> str | None:
    """Of an order in several parcels: how much of it this message is about."""
    order, say = situation.step.order, situation.speech.say
    if situation.parcel is None or order.parcels_total <= 1:
        return None
    if situation.step.step is not Step.DELIVERED or order.parcels_delivered < 1:
        return say("parts.this_one_only", values)
    return say("parts.all_here" if order.parcels_delivered >= order.parcels_total else "parts.so_far", values)
