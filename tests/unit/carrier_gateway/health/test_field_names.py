from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.carriers.andreani import ANDREANI
from services.carrier_gateway.carriers.dhl import DHL
from services.carrier_gateway.health.field_names import LONGEST_NAME, names_in, safe_name, safe_path
from services.carrier_gateway.health.known_fields import known_fields
from services.carrier_gateway.health.rules import DriftRules
from services.carrier_gateway.parts.base import Carrier
from tests.support.carrier_samples import CANARY, samples_of

KNOWN = frozenset({"envio", "zzunit"})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("proofOfDelivery", "proofOfDelivery"),
        ("HTTPStatus_code", "HTTPStatus_code"),
        ("zzUnit", "zzUnit"),
        ("Tomasito", "…"),
        ("tomasitoPhone", "…Phone"),
        ("phone_600765431", "phone_…"),
        ("canary.buyer@example.com", "…com"),
        ("Calle de Tomasito 3", "Calle…de…"),
        ("", "…"),
        ("\x00\u202e", "…"),
    ],
)
def test_a_name_is_told_by_its_words_of_the_trade(name: str, told: str) -> None:
    assert safe_name(name, KNOWN) == told


def test_where_an_adapter_stumbled_is_told_without_positions_and_without_keys_that_are_values() -> None:
    assert safe_path("shipments.3.Tomasito.id", KNOWN) == "shipments.*.….id"


@given(st.text(max_size=300))
def test_no_name_is_long_and_none_has_a_number(name: str) -> None:
    told = safe_name(name, frozenset())

    assert 1 <= len(told) <= LONGEST_NAME
    assert not any(character.isdigit() for character in told)
    assert len(safe_path(name, frozenset())) <= 8 * (LONGEST_NAME + 1)


def test_names_and_kinds_are_read_from_json_and_from_xml() -> None:
    rules = DriftRules()

    assert names_in(b'{"events": [{"id": 1, "at": null}, {"id": "2"}]}', rules) == {
        (None, "events", "list"),
        ("events", "id", "number"),
        ("events", "id", "text"),
    }
    assert names_in(b"<a:exp xmlns:a='x'><estado>3</estado><vacio/></a:exp>", rules) == {
        (None, "exp", "object"),
        ("exp", "estado", "text"),
    }


@pytest.mark.parametrize("body", [b"", b"|||", b"<a", b"[" * 30_000, b'"x"', b"\xff", b'{"a": 1}' + b" " * 300_000])
def test_what_cannot_be_looked_through_has_no_names(body: bytes) -> None:
    assert names_in(body, DriftRules()) == frozenset()


def test_a_wide_payload_is_looked_through_to_a_limit() -> None:
    wide = b"{" + b",".join(b'"n%d": 1' % number for number in range(9000)) + b"}"

    assert len(names_in(wide, DriftRules())) == DriftRules().most_nodes


@pytest.mark.parametrize("carrier", [c for c in CARRIERS if known_fields(c)], ids=lambda carrier: carrier.id)
def test_what_an_adapter_reads_is_read_off_its_models(carrier: Carrier) -> None:
    found = {name.lower() for s in samples_of(carrier) for _, name, _ in names_in(s.payload, DriftRules())}

    assert len(found & known_fields(carrier)) >= 5


def test_aliases_and_models_in_models_count_as_read_and_our_own_contracts_do_not() -> None:
    assert {"shipments", "statuscode", "countrycode"} <= known_fields(DHL)
    assert "evento" in known_fields(ANDREANI)
    assert "carrier_code" not in known_fields(DHL)


def test_no_value_of_the_samples_ever_becomes_a_name() -> None:
    for carrier in CARRIERS:
        known = known_fields(carrier)
        for sample in samples_of(carrier):
            told = {safe_name(name, known).lower() for _, name, _ in names_in(sample.payload, DriftRules())}
            assert not any(CANARY in name for name in told)
