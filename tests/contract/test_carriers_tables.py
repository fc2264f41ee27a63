"""A carrier's table means what it says, row by row, and nothing is meant without a row."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.carriers.ctt_express import CTT_EXPRESS
from services.carrier_gateway.parts.base import Carrier, Row
from shared.contracts.vocabulary import Stage
from tests.support.carrier_samples import sample
from tests.support.table_reach import unreached

STRANGE = b"teleported"
each_carrier = pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.id)


@each_carrier
def test_every_row_is_reached_by_some_payload(carrier: Carrier) -> None:
    assert unreached(carrier) == []


def test_a_row_that_nothing_reaches_would_be_noticed() -> None:
    misspelt = {**CTT_EXPRESS.codes, " 2100": Row(Stage.DELIVERED)}

    assert unreached(replace(CTT_EXPRESS, codes=MappingProxyType(misspelt))) == [" 2100"]


@each_carrier
@given(word=st.from_regex(r"zq[a-z]{3,12}", fullmatch=True))
def test_no_code_without_a_row_becomes_a_stage(carrier: Carrier, word: str) -> None:
    """Whatever the code is, each event means what it meant with the sample's own strange code."""
    strange = sample(carrier, "unknown_code")
    before = [event.stage for event in carrier.parse(strange.payload).events]

    events = carrier.parse(strange.payload.replace(STRANGE, word.encode())).events

    assert [event.stage for event in events] == before
    assert word in [event.carrier_code for event in events if event.stage is Stage.UNKNOWN]


def test_an_aggregator_speaks_for_carriers_of_the_registry_alone() -> None:
    ids = {carrier.id for carrier in CARRIERS}
    speaking = {carrier.id: carrier.speaks_for for carrier in CARRIERS if carrier.speaks_for}

    assert speaking
    for aggregator, others in speaking.items():
        assert others <= ids - {aggregator}
