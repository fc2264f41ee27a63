"""Whatever tracking announces of a scan, the notifier's words ask the one who has to act, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from services.notifier.wording.variants import variant_of
from services.tracking.domain.lifecycle import steps_of_scan, trouble_of
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Actor, Channel, Condition, Stage, Step
from tests.support.steps_reached import LUCIA, home_delivery, read, with_parcel

NEEDS_NOTHING = {
    "es": "no tienes que hacer nada|no hagas nada",
    "en": "nothing you need to do|nothing to do|nothing for you to do",
    "pt-BR": "não precisa fazer nada|nada a fazer",
}
DEMANDS = {
    "es": "algo de ti|algo de tu parte|queda un pago|confirma la dirección|te dirán (qué|cuánto|cómo)|confirma tus",
    "en": "needs something from you|is needed from you|payment is pending|confirm the full address|they'll tell you",
    "pt-BR": "algo da sua parte|falta um pagamento|confirme o endereço completo|vão dizer",
}
MAY_CHOOSE = frozenset({Condition.REFUSED, Condition.DAMAGED})
"""What becomes of the parcel is for the buyer to say, whoever carries it out."""


def announced() -> Iterator[StepReached]:
    """Each step that a scan on the way tells of, as tracking would announce it."""
    for stage, condition, actor in product(Stage, (None, *Condition), (None, *Actor)):
        for step in steps_of_scan(stage, condition, actor):
            trouble = trouble_of(stage, condition, actor)
            told_by_trouble = trouble is not None and trouble.step is step
            occurrence = f"{trouble.kind}:1" if trouble is not None and told_by_trouble else "1"
            if told_by_trouble or step in (Step.IN_TRANSIT, Step.FAILED_ATTEMPT):
                reached = home_delivery(step).model_copy(update={"occurrence": occurrence})
                yield with_parcel(reached, stage=stage, condition=condition, action_by=actor)


ANNOUNCED = {
    (step.step, variant_of(step), step.parcel.action_by): step for step in announced() if step.parcel is not None
}


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("language", sorted(DEMANDS))
def test_the_words_ask_the_one_who_has_to_act(language: str, channel: Channel) -> None:
    assert len(ANNOUNCED) > 40
    for (step, variant, actor), reached in ANNOUNCED.items():
        assert reached.parcel is not None
        text = read(reached, channel, recipient=replace(LUCIA, locale=language)).text.lower()
        where = f"{step}.{variant} by {actor}: {text[:200]}"
        if actor is Actor.BUYER and reached.parcel.condition not in MAY_CHOOSE:
            assert not re.search(NEEDS_NOTHING[language], text), where
        if actor in (Actor.SHOP, Actor.CARRIER):
            assert not re.search(DEMANDS[language], text), where
