"""A number is read as its carrier prints it: its check digit refutes a slip, its shape names who may have it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracking.references.formats import FORMATS, Fit, candidates, fit_of, normalise

RIGHT = [
    ("ups", "1Z999AA10123456784"), ("ups", "1Z5R89390357567127"), ("ups", "1Z879E930346834440"),
    ("ups", "1Z410E7W0392751591"), ("ups", "K1506235620"), ("ups", "J4603636537"), ("ups", "1ZCIETST0111111114"),
    ("fedex", "986578788855"), ("fedex", "477179081230"), ("fedex", "041441760228964"), ("fedex", "568283610012000"),
    ("fedex", "9611020987654312345672"), ("fedex", "1001921334250001000300779017972697"),
    ("fedex", "000123450000000027"),
    ("usps", "03071790000523483741"), ("usps", "9400100000000000000006"), ("usps", "9400111206206406260787"),
    ("usps", "9405803699300124287899"), ("usps", "9505511069605048600624"), ("usps", "420787459400111206206406260787"),
    ("usps", "RB123456785US"),
    ("dhl", "3318810025"), ("dhl", "8487135506"), ("dhl", "73891051146"), ("dhl", "1234567891"),
    ("dpd", "008182709980000020033350276C"), ("dpd", "0081 827 0998 0000 0200 45 327 276 N"),
    ("correos", "PQ00000000000000000000V"), ("correos", "PK00010000000000128001R"), ("correos", "PQ000000014ES"),
    ("correios", "AA473124829BR"), ("laposte", "LZ473124829FR"), ("chronopost", "LZ473124829FR"),
]  # fmt: skip
WRONG = [
    ("ups", "1Z1111111111111111"), ("ups", "1Z999AA10123456785"), ("ups", "K1506235622"), ("ups", "J4603636538"),
    ("fedex", "996578788855"), ("fedex", "568283610012732"), ("fedex", "9600000000000000000001"),
    ("fedex", "000000000000000001"), ("usps", "03071790000523483742"), ("usps", "9434611206206407667131"),
    ("usps", "RB123456786US"), ("dpd", "008182709980000020033350276A"),
    ("correos", "PQ00000000000000000000T"), ("correos", "PK00010000000000128002R"), ("correios", "AA473124820BR"),
]  # fmt: skip
SHAPED = [
    ("dhl", "JJD0099999999"), ("dhl", "JVGL0999999990"), ("mrw", "12345A678901"), ("nacex", "0123/4567890"),
    ("seur", "12345678901234"), ("oca", "1234567890123456789"), ("andreani", "123456789012345"),
    ("correos", "PR123456789012345X"), ("ctt_express", "1234567890123456789012"),
]  # fmt: skip


@pytest.mark.parametrize(("carrier", "number"), RIGHT)
def test_a_published_number_agrees_with_its_check_digit(carrier: str, number: str) -> None:
    assert fit_of(carrier, number) is Fit.CHECKED


@pytest.mark.parametrize(("carrier", "number"), WRONG)
def test_a_number_typed_wrong_is_found_out(carrier: str, number: str) -> None:
    assert fit_of(carrier, number) is Fit.WRONG_DIGIT


@pytest.mark.parametrize(("carrier", "number"), SHAPED)
def test_a_number_without_a_known_check_digit_has_a_shape_only(carrier: str, number: str) -> None:
    assert fit_of(carrier, number) is Fit.SHAPE


@pytest.mark.parametrize(("carrier", "number"), [("ups", "2Z5R89390357567127"), ("dhl", "XJD0099999998")])
def test_what_looks_like_none_of_a_carriers_numbers_is_said(carrier: str, number: str) -> None:
    assert fit_of(carrier, number) is Fit.NO_SHAPE


def test_a_carrier_whose_numbers_may_look_like_anything_refutes_none() -> None:
    assert fit_of("generic", "whatever you like") is None


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("1Z999AA10123456784", ["ups"]),
        ("1z 999 aa1 01 2345 6784", ["ups"]),
        ("0123/4567890", ["nacex"]),
        ("PQ00000000000000000000V", ["correos"]),
        ("AA473124829BR", ["correios"]),
        ("LZ473124829FR", ["laposte", "chronopost"]),
        ("JJD0099999999", ["dhl"]),
        ("12345678901234", ["dpd", "seur", "gls_spain", "dhl"]),
        ("3318810025", ["dhl", "estafeta", "chilexpress", "mercado_envios"]),
        ("3318810010", ["estafeta", "chilexpress", "mercado_envios"]),
        ("9405803699300124287899", ["usps", "ctt_express", "estafeta"]),
        ("9434611206206407667131", ["ctt_express", "estafeta"]),
        ("a word", []),
        ("", []),
    ],
)
def test_a_number_without_a_carrier_has_all_its_candidates_the_likeliest_first(
    number: str, expected: list[str]
) -> None:
    assert [candidate.carrier for candidate in candidates(number)] == expected


def test_a_number_of_one_carrier_alone_that_was_typed_wrong_is_still_known_to_be_theirs() -> None:
    (only,) = candidates("1Z999AA10123456785")

    assert (only.carrier, only.fit, only.certain) == ("ups", Fit.WRONG_DIGIT, True)


@given(st.text(max_size=80))
def test_whatever_is_typed_gets_an_answer_and_each_carrier_once(text: str) -> None:
    named = [candidate.carrier for candidate in candidates(text)]

    assert len(named) == len(set(named))
    assert all(fit_of(carrier, text) is not None for carrier in named)


@given(st.from_regex(r"1Z[0-9A-Z]{15}[0-9]", fullmatch=True), st.sampled_from([" ", "-", ".", ""]))
def test_how_a_number_is_grouped_or_written_changes_nothing(number: str, between: str) -> None:
    grouped = between.join(number[at : at + 4] for at in range(0, len(number), 4)).lower()

    assert normalise(grouped) == number
    assert candidates(grouped) == candidates(number)


@given(st.sampled_from([(c, n) for c, n in RIGHT if n.isalnum() and fit_of(c, n) is Fit.CHECKED]), st.data())
def test_one_wrong_digit_never_goes_unseen_where_the_rule_can_see_it(
    right: tuple[str, str], data: st.DataObject
) -> None:
    """The last digit is the check digit itself: any other one there disagrees."""
    carrier, number = right
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[-1]]))
    if number[-1].isdigit() and number != "1ZCIETST0111111114":
        assert fit_of(carrier, number[:-1] + other) in (Fit.WRONG_DIGIT, Fit.SHAPE)


def test_every_format_is_of_a_carrier_with_a_name_of_ours() -> None:
    assert all(each.carrier == each.carrier.lower() for each in FORMATS)
