"""One language as one shop speaks it, tried on made-up steps: each wording in each channel, as `render` would write it.

Every text is filled, measured and searched for its facts each time. What many wordings have alike is worked out once:
the values of the gaps for steps that fill them alike, and the layouts of an e-mail for e-mails of the same form.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from services.notifier.render import compose_mail, write
from services.notifier.wording.catalog import Catalog, CatalogError
from services.notifier.wording.facts import require_present
from services.notifier.wording.fillings import OPTIONAL, fillings, what_fills
from services.notifier.wording.gsm7 import size
from services.notifier.wording.mail import form_of
from services.notifier.wording.situation import RecipientView, Situation
from services.notifier.wording.specimens import (
    BARE_RECIPIENT,
    RICH_RECIPIENT,
    bare,
    plain,
    rich,
    rich_with_shops_phone,
)
from services.notifier.wording.unrenderable import Fact, Unrenderable
from services.notifier.wording.variants import name_of
from services.notifier.wording.whatsapp_templates import faults, template_for
from services.notifier.wording.words import FIELDS, Gap, pieces
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step
from shared.shops import Shop

SEGMENT_BUDGET = 2
"""What an SMS may take with long data: 306 septets."""


@dataclass(frozen=True)
class Specimen:
    """A made-up step, whom it is told, and the channels that it tries."""

    step: StepReached
    recipient: RecipientView
    channels: tuple[Channel, ...]


@cache
def specimens_of(step: Step, variant: str | None) -> tuple[Specimen, ...]:
    """Whose phone it is makes another text in an SMS alone; what an e-mail leaves out of its lists is the same for all
    variants of a step."""
    lists = tuple(Channel) if variant is None else (Channel.SMS, Channel.WHATSAPP)
    return (
        Specimen(rich(step, variant), RICH_RECIPIENT, tuple(Channel)),
        Specimen(rich_with_shops_phone(step, variant), RICH_RECIPIENT, (Channel.SMS,)),
        Specimen(plain(step, variant), RICH_RECIPIENT, lists),
        Specimen(bare(step, variant), BARE_RECIPIENT, lists),
    )


class Trial:
    """`laid_out` is what the catalog's layouts were tried on: pass the same set to each trial of the same catalog."""

    def __init__(self, catalog: Catalog, tag: str, shop: Shop, laid_out: set[Hashable] | None = None) -> None:
        self._catalog, self._shop = catalog, shop
        self._speech = catalog.speech(tag, shop)
        self._values: dict[Hashable, Mapping[str, str]] = {}
        self._laid_out = laid_out if laid_out is not None else set()

    def check(self, step: Step, variant: str | None) -> None:
        """Raises CatalogError that names the wording, not the file."""
        name = name_of(step, variant)
        try:
            problem = next(self._problems(step, variant), None)
        except Unrenderable as error:
            problem = str(error)
        if problem is not None:
            raise CatalogError(f"{name}{'' if problem.startswith('.') else ': '}{problem}")

    def _problems(self, step: Step, variant: str | None) -> Iterator[str]:
        for specimen in specimens_of(step, variant):
            situation = Situation(specimen.step, self._shop, specimen.recipient, Channel.SMS, self._speech)
            values = self._fillings(situation)
            yield from _unknown_gaps(situation, frozenset(values))
            for channel in specimen.channels:
                yield from self._tried(replace(situation, channel=channel), values)
        yield from faults(template_for(self._speech, step, variant, self._shop))

    def _fillings(self, situation: Situation) -> Mapping[str, str]:
        """The same in all channels: no specimen holds a mark that would format a WhatsApp message."""
        key = what_fills(situation)
        if key not in self._values:
            self._values[key] = fillings(situation)
        return self._values[key]

    def _tried(self, situation: Situation, values: Mapping[str, str]) -> Iterator[str]:
        if situation.channel is Channel.EMAIL:
            self._try_email(situation, values)
            return
        message = write(self._catalog, situation, values)
        if situation.channel is Channel.SMS and size(message.text).segments > SEGMENT_BUDGET:
            yield f"the SMS takes {size(message.text).units} septets, 306 are allowed"

    def _try_email(self, situation: Situation, values: Mapping[str, str]) -> None:
        """Laid out once for each form that an e-mail may take, and at least once in each language."""
        mail = compose_mail(situation, values)
        looks = {form_of(mail), mail.language}
        if looks <= self._laid_out:
            require_present({Fact.NEXT: mail.next}, mail.next, "the e-mail")
            return
        write(self._catalog, situation, values)
        self._laid_out |= looks


def _unknown_gaps(situation: Situation, known: frozenset[str]) -> Iterator[str]:
    """Each gap has a value; one that may be empty is for SMS alone."""
    for field in FIELDS:
        allowed = known if field.startswith("sms") else known - OPTIONAL
        source = situation.speech.step_source(situation.step.step, situation.variant, field)
        for gap in pieces(source):
            if isinstance(gap, Gap) and gap.name not in allowed:
                yield f".{field}: {{{{ {gap.name} }}}} is not known here"
