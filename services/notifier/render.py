"""From a step to what the buyer reads, in one channel and one language. Pure: all files were read when the catalog was.

A parcel message that lacks one of its five facts does not render, and each fact is looked for in the finished text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from services.notifier.wording.catalog import Catalog
from services.notifier.wording.facts import read_page, require_known, require_present
from services.notifier.wording.fillings import fillings
from services.notifier.wording.gsm7 import Alphabet, size, transliterate
from services.notifier.wording.mail import NO_PAGES, ChoicePages, Mail, write_mail
from services.notifier.wording.situation import RecipientView, Situation, clean
from services.notifier.wording.unrenderable import Fact, MessageTooLong, MissingFact
from services.notifier.wording.variants import speaks_of_parcel
from services.notifier.wording.whatsapp_templates import BODY_LIMIT, TemplateCall, hydrate, template_for
from services.notifier.wording.words import fill, gaps
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel
from shared.shops import Shop

SEGMENT_LIMIT = 4
"""Texts are written for 2 SMS segments with long data; past this many the message fails rather than costs."""

SHORT_WORDS = ("sms", "sms_next")


@dataclass(frozen=True)
class Rendered:
    """One message, ready to leave. `text` is what is read: for WhatsApp, the template with its parameters filled in."""

    channel: Channel
    language: str
    subject: str | None
    text: str
    html: str | None = None
    template: TemplateCall | None = None

    def canonical(self) -> bytes:
        """The same message gives the same bytes: UTF-8 JSON with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        """Of the canonical bytes, in hexadecimal."""
        return hashlib.sha256(self.canonical()).hexdigest()


def render(
    catalog: Catalog,
    step: StepReached,
    shop: Shop,
    recipient: RecipientView,
    channel: Channel,
    *,
    preferences_url: str | None = None,
    unsubscribe_url: str | None = None,
    accents: bool = False,
) -> Rendered:
    """Write the message. The two addresses are links at the foot of an e-mail; no other channel has room for them.

    `accents`: an SMS keeps the letters that GSM-7 lacks; whoever sends it counts what that costs.

    Raises Unrenderable: MissingFact, BadWording or MessageTooLong, each with a `reason`.
    """
    situation = Situation(step, shop, recipient, channel, catalog.speech(recipient.locale, shop))
    if situation.parcel is None and speaks_of_parcel(step.step, situation.variant):
        raise MissingFact(Fact.CARRIER, f"the step {step.step}: it names no parcel")
    pages = ChoicePages(preferences_url, unsubscribe_url)
    return write(catalog, situation, fillings(situation), pages, accents=accents)


def write(
    catalog: Catalog,
    situation: Situation,
    values: Mapping[str, str],
    pages: ChoicePages = NO_PAGES,
    *,
    accents: bool = False,
) -> Rendered:
    """As `render`, for who knows the situation's fillings already."""
    facts = _facts(situation, values)
    require_known(facts)
    match situation.channel:
        case Channel.EMAIL:
            return _email(catalog, situation, values, facts, pages)
        case Channel.SMS:
            return _sms(situation, values, facts, str if accents else transliterate)
        case Channel.WHATSAPP:
            return _whatsapp(situation, values, facts)


def _facts(situation: Situation, values: Mapping[str, str]) -> dict[Fact, str]:
    """What has to stand in the message, but for what happens next, which each channel words for itself."""
    facts = {Fact.LINK: values["link"]}
    if situation.parcel is not None:
        facts |= {Fact.CARRIER: values["carrier"], Fact.REFERENCE: values["reference"], Fact.PHONE: values["phone"]}
        facts[Fact.PHONE_OWNER] = values["shop"] if situation.phone_is_of_shop else values["carrier"]
    return facts


def _own_words(situation: Situation, values: Mapping[str, str], *fields: str) -> dict[str, str]:
    step, variant, speech = situation.step.step, situation.variant, situation.speech
    return {field: clean(fill(speech.step_source(step, variant, field), values)) for field in fields}


def compose_mail(situation: Situation, values: Mapping[str, str], pages: ChoicePages = NO_PAGES) -> Mail:
    """What an e-mail says, before a layout prints it."""
    words = _own_words(situation, values, "subject", "headline", "happened", "next")
    return write_mail(situation, values, words, pages)


def _email(
    catalog: Catalog, situation: Situation, values: Mapping[str, str], facts: dict[Fact, str], pages: ChoicePages
) -> Rendered:
    mail = compose_mail(situation, values, pages)
    text, html = catalog.text.render(mail=mail).strip() + "\n", catalog.html.render(mail=mail)
    facts = facts | {Fact.NEXT: mail.next}
    page = read_page(html)
    require_present(facts, text, "the text")
    require_present(facts, page.text, "the HTML")
    if values["link"] not in page.links:
        raise MissingFact(Fact.LINK, "the links of the HTML")
    return Rendered(Channel.EMAIL, mail.language, mail.subject, text, html)


def _sms(
    situation: Situation, values: Mapping[str, str], facts: dict[Fact, str], spell: Callable[[str], str]
) -> Rendered:
    step, variant, speech, frame = situation.step.step, situation.variant, situation.speech, sms_frame(situation)
    needed = gaps(speech.source(frame)).union(*(gaps(speech.step_source(step, variant, each)) for each in SHORT_WORDS))
    plain = {name: clean(spell(values[name])) for name in needed if name in values}
    words = {name: spell(text) for name, text in _own_words(situation, plain, *SHORT_WORDS).items()}
    text = spell(clean(fill(speech.source(frame), plain | words)))
    spelt = {fact: facts[fact] for fact in (Fact.LINK, Fact.REFERENCE, Fact.PHONE) if fact in facts}
    names = {fact: clean(spell(facts[fact])) for fact in (Fact.CARRIER, Fact.PHONE_OWNER) if fact in facts}
    require_present(spelt | names | {Fact.NEXT: words["sms_next"]}, text, "the SMS")
    cost = size(transliterate(text))
    if cost.alphabet is not Alphabet.GSM7 or cost.segments > SEGMENT_LIMIT:
        raise MessageTooLong(f"the SMS takes {cost.segments} segments ({cost.alphabet}), {SEGMENT_LIMIT} are allowed")
    return Rendered(Channel.SMS, situation.speech.tag, None, text)


def sms_frame(situation: Situation) -> str:
    """The key of the frame around the step's own short words."""
    if situation.parcel is None:
        return "sms.order"
    return "sms.parcel_shop_phone" if situation.phone_is_of_shop else "sms.parcel"


def _whatsapp(situation: Situation, values: Mapping[str, str], facts: dict[Fact, str]) -> Rendered:
    spec = template_for(situation.speech, situation.step.step, situation.variant, situation.shop)
    call, text = hydrate(spec, values)
    if len(text) > BODY_LIMIT:
        raise MessageTooLong(f"the WhatsApp text has {len(text)} characters, {BODY_LIMIT} are allowed")
    require_present(facts | {Fact.NEXT: _own_words(situation, values, "next")["next"]}, text, "the WhatsApp text")
    return Rendered(Channel.WHATSAPP, situation.speech.tag, None, text, template=call)
