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
LANGUAGES = sorted(catalog().languages)


def as_read(message: Rendered) -> str:
    if message.subject is not None:
        return f"{message.subject}\n\n{message.text}"
    if message.template is not None:
        return f"[{message.template.name}, {message.template.language}]\n\n{message.text}\n"
    return f"{message.text}\n"


def sample_of(language: str, step: Step, variant: str | None, channel: Channel) -> Path:
    return SAMPLES / language / f"{name_of(step, variant)}.{channel}.txt"


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("step", "variant"), [pytest.param(*w, id=name_of(*w)) for w in all_wordings()])
def test_it_reads_as_its_sample(step: Step, variant: str | None, language: str, channel: Channel) -> None:
    text = as_read(read(home_delivery(step, variant), channel, recipient=replace(LUCIA, locale=language)))
    sample = sample_of(language, step, variant, channel)
    if os.environ.get("HITO_UPDATE_SAMPLES") == "1":
        sample.parent.mkdir(parents=True, exist_ok=True)
        sample.write_text(text, "utf-8")
    assert text == sample.read_text("utf-8")


def test_no_sample_is_left_of_a_wording_that_is_gone() -> None:
    expected = {
        sample_of(language, *wording, channel)
        for language in LANGUAGES
        for wording in all_wordings()
        for channel in Channel
    }
    assert set(SAMPLES.rglob("*.txt")) == expected
