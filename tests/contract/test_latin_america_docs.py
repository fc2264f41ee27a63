"""The page of the Latin American carriers says what the gateway does: its keys, its addresses, its example."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.carrier_gateway.carriers import carrier_named
from services.carrier_gateway.carriers.estafeta import ESTAFETA
from services.carrier_gateway.parts.base import Carrier
from services.carrier_gateway.parts.handed_over import TOKEN_HEADER
from services.carrier_gateway.settings import read_access
from shared.contracts.vocabulary import Stage
from tests.support.carrier_samples import SECRET

PAGE = (Path(__file__).parent.parent.parent / "docs" / "carriers" / "latin_america.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", PAGE, re.MULTILINE))


def known(id: str) -> Carrier:
    carrier = carrier_named(id)
    assert carrier is not None
    return carrier


@pytest.mark.parametrize("id", ROWS)
def test_a_key_written_as_the_page_says_is_taken_and_the_address_is_the_one_in_use(id: str) -> None:
    pull = known(id).pull
    if pull is None:
        assert "handed over only" in ROWS[id]
        return

    assert f"`{pull.url}`" in ROWS[id]
    example = re.search(r"`((?:\w+=\.\.\.&?)+)`", ROWS[id])
    assert (example is not None) == bool(pull.key_parts)
    key = example[1].replace("...", "some%26thing") if example else "something"
    assert read_access({f"CARRIER_{id.upper()}_KEY": key})[id].key is not None


@pytest.mark.parametrize("id", ROWS)
def test_an_answer_is_handed_over_under_the_token_in_the_header_of_the_page(id: str) -> None:
    assert f"`{TOKEN_HEADER}`" in PAGE
    known(id).verify(b"{}", {TOKEN_HEADER.lower(): SECRET}, [SECRET], datetime(2026, 3, 30, tzinfo=UTC))


def test_the_example_is_understood() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)

    assert [event.stage for event in ESTAFETA.parse(example.encode()).events] == [Stage.IN_TRANSIT]
