"""All WhatsApp templates that Hito may call, as they are to be submitted for approval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from services.notifier.wording.catalog import Catalog
from services.notifier.wording.fillings import fillings
from services.notifier.wording.situation import Situation
from services.notifier.wording.specimens import RICH_RECIPIENT, rich, specimen_shop
from services.notifier.wording.variants import all_wordings
from services.notifier.wording.whatsapp_templates import TemplateSpec, template_for
from services.notifier.wording.words import Speech
from shared.contracts.vocabulary import Channel, Step
from shared.shops import Shop


@dataclass(frozen=True)
class _Spoken:
    """A wording in a language as a shop speaks it."""

    speech: Speech
    shop: Shop
    step: Step
    variant: str | None

    @property
    def template(self) -> TemplateSpec:
        return template_for(self.speech, self.step, self.variant, self.shop)

    def with_examples(self, spec: TemplateSpec) -> TemplateSpec:
        step = rich(self.step, self.variant)
        values = fillings(Situation(step, self.shop, RICH_RECIPIENT, Channel.WHATSAPP, self.speech))
        return replace(spec, examples=tuple(values[name] for name in spec.parameters))


def contract(catalog: Catalog, shops: Iterable[Shop] = ()) -> tuple[TemplateSpec, ...]:
    """One template for each wording and language; where a shop words it otherwise, one more, named after the shop."""
    return tuple(spoken.with_examples(spec) for spec, spoken in _called(catalog, shops))


def called(catalog: Catalog, shops: Iterable[Shop]) -> tuple[TemplateSpec, ...]:
    """The same without examples: they are for whoever reads a submission, no call needs them."""
    return tuple(spec for spec, _ in _called(catalog, shops))


def _called(catalog: Catalog, shops: Iterable[Shop]) -> tuple[tuple[TemplateSpec, _Spoken], ...]:
    found: dict[tuple[str, str], tuple[TemplateSpec, _Spoken]] = {}
    for spoken in _all_spoken(catalog, tuple(shops)):
        spec = spoken.template
        found.setdefault((spec.name, spec.language), (spec, spoken))
    return tuple(found[key] for key in sorted(found))


def _all_spoken(catalog: Catalog, shops: tuple[Shop, ...]) -> Iterator[_Spoken]:
    """A shop without words of its own in a language says what all say."""
    for tag in catalog.languages:
        speeches = [(catalog.speech(tag, shop), shop) for shop in (specimen_shop(tag), *shops)]
        for speech, shop in speeches:
            if speech.overrides or shop is speeches[0][1]:
                yield from (_Spoken(speech, shop, step, variant) for step, variant in all_wordings())
