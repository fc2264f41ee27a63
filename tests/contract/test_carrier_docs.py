"""What the carriers' pages promise is what the gateway does: their examples run, their lists are complete."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.carrier_gateway.carriers.dhl import DHL, TOKEN_HEADER
from services.carrier_gateway.carriers.generic import GENERIC, MOST_EVENTS, CourierEvent
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage
from shared.web import WEBHOOK_LIMIT_BYTES
from tests.support.carrier_samples import OTHER_SECRET, SECRET

PAGES = Path(__file__).parent.parent.parent / "docs" / "carriers"
COURIER = (PAGES / "generic.md").read_text("utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def words_after(heading: str) -> set[str]:
    paragraph = COURIER.split(f"**{heading}**:")[1].split("\n\n")[0]
    return set(re.findall(r"`([a-z_]+)`", paragraph))


def test_every_example_is_understood() -> None:
    examples = blocks(COURIER, "json")
    assert len(examples) == 3

    for example in examples:
        events = GENERIC.parse(example.encode()).events
        assert events
        assert all(event.stage is not Stage.UNKNOWN for event in events)
        assert all("…" not in (event.carrier_text or "") for event in events)


def test_the_signing_example_signs() -> None:
    (code,) = blocks(COURIER, "python")
    names: dict[str, Any] = {}
    exec(code, names)

    GENERIC.verify(b"{}", names["sign"](b"{}", SECRET), [OTHER_SECRET, SECRET], datetime.now(UTC))


def test_every_word_is_listed_and_no_other() -> None:
    assert words_after("Status") == {stage.value for stage in Stage}
    assert words_after("Condition") == {condition.value for condition in Condition}
    assert words_after("Delivered to") == {place.value for place in DeliveredTo}
    assert all(f"`{actor.value}`" in COURIER for actor in Actor)


def test_every_field_has_its_row_and_is_called_required_when_it_is() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (yes|no) \|", COURIER, re.MULTILINE))

    assert rows == {name: "yes" if field.is_required() else "no" for name, field in CourierEvent.model_fields.items()}


def test_the_limits_are_the_ones_that_hold() -> None:
    assert f"{MOST_EVENTS} events" in COURIER
    assert f"{WEBHOOK_LIMIT_BYTES // 1024} KiB" in COURIER


def test_dhls_page_names_the_header_the_limits_and_the_address_in_use() -> None:
    page = (PAGES / "dhl.md").read_text("utf-8")

    assert DHL.pull is not None
    assert f"`{TOKEN_HEADER}`" in page
    assert f"{DHL.pull.daily_quota} a day" in page
    assert DHL.pull.url in page
