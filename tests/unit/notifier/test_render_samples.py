"""Every message as it reads, kept beside the code: a change of wording shows in review as a change of text.

`HITO_UPDATE_SAMPLES=1` writes tests/samples/messages anew.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from services.notifier.render import Rendered
from services.notifier.wording.variants import all_wordings, name_of
from shared.contracts.vocabulary import Channel, Step
from tests.support.steps_reached import LUCIA, catalog, home_delivery, read

SAMPLES = Path(__file__).parents[2] / "samples" / "messages"
SHOWN_OF_DIALECTS = frozenset(
    {
        (Step.ORDER_CONFIRMED, None),
        (Step.SHIPPED, "registered"),
        (Step.OUT_FOR_DELIVERY, None),
        (Step.FAILED_ATTEMPT, "address_problem"),
        (Step.READY_FOR_PICKUP, None),
        (Step.READY_FOR_PICKUP, "locker"),
        (Step.DELAYED, "eta"),
        (Step.DELAYED, "stalled"),
        (Step.CUSTOMS, "payment_due"),
        (Step.DELIVERED, None),
        (Step.DELIVERED, "reception"),
        (Step.RETURNING, None),
        (Step.REFUNDED, None),
    }
)
"""Of a dialect, what it says most otherwise; of a complete language, everything."""

SHOWN = [
    (language.tag, *wording)
    for language in sorted(catalog().languages.values(), key=lambda language: language.tag)
    for wording in all_wordings()
    if language.base is None or wording in SHOWN_OF_DIALECTS
]


def as_read(message: Rendered) -> str:
    if message.subject is not None:
        return f"{message.subject}\n\n{message.text}"
    if message.template is not None:
        return f"[{message.template.name}, {message.template.language}]\n\n{message.text}\n"
    return f"{message.text}\n"


def sample_of(language: str, step: Step, variant: str | None, channel: Channel) -> Path:
    return SAMPLES / language / f"{name_of(step, variant)}.{channel}.txt"


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize(
    ("language", "step", "variant"), [pytest.param(*shown, id=f"{shown[0]}-{name_of(*shown[1:])}") for shown in SHOWN]
)
def test_it_reads_as_its_sample(language: str, step: Step, variant: str | None, channel: Channel) -> None:
    text = as_read(read(home_delivery(step, variant), channel, recipient=replace(LUCIA, locale=language)))
    sample = sample_of(language, step, variant, channel)
    if os.environ.get("HITO_UPDATE_SAMPLES") == "1":
        sample.parent.mkdir(parents=True, exist_ok=True)
        sample.write_text(text, "utf-8")
    assert text == sample.read_text("utf-8")


def test_no_sample_is_left_of_a_wording_that_is_gone() -> None:
    assert set(SAMPLES.rglob("*.txt")) == {sample_of(*shown, channel) for shown in SHOWN for channel in Channel}
