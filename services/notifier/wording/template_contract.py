"""All WhatsApp templates that Hito may call, as they are to be submitted for approval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from services.notifier.wording.catalog import Catalog
from services.notifier.wording.fillings import fillings
from services.notifier.wording.situation import Situation
from services.notifier.wording.specimens import RICH_RECIPIENT, rich, specimen_shop
from services.notifier.wording.variants import all_wordings
from services.notifier.wording.whatsapp_templates import TemplateSpec, template_for
from shared.contracts.vocabulary import Channel, Step
from shared.shops import Shop


def contract(catalog: Catalog, shops: Iterable[Shop] = ()) -> tuple[TemplateSpec, ...]:
    """One template for each wording and language; where a shop words it otherwise, one more, named after the shop."""
    specs: dict[tuple[str, str], TemplateSpec] = {}
    for tag in catalog.languages:
        for shop in (specimen_shop(tag), *shops):
            for step, variant in all_wordings():
                spec = _with_examples(catalog, tag, shop, step, variant)
                specs.setdefault((spec.name, spec.language), spec)
    return tuple(specs[key] for key in sorted(specs))


def _with_examples(catalog: Catalog, tag: str, shop: Shop, step: Step, variant: str | None) -> TemplateSpec:
    speech = catalog.speech(tag, shop)
    spec = template_for(speech, step, variant, shop)
    values = fillings(Situation(rich(step, variant), shop, RICH_RECIPIENT, Channel.WHATSAPP, speech))
    return replace(spec, examples=tuple(values[name] for name in spec.parameters))
