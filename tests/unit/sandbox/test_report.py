"""The verdict on a run can fail: each thing that could go wrong is made to go wrong here, and found."""

from __future__ import annotations

import pytest

from sandbox.beats import Hears
from sandbox.dhl import SIGNED_BY
from sandbox.facts import CARRIER_NAMES, FACTS
from sandbox.plots import everyday, wishes
from sandbox.report import Findings, check
from sandbox.story import KINDS, PlotMaker
from sandbox.summary import WIDTH, summary
from shared.contracts.vocabulary import Channel, Step
from tests.support.providers_received import LINK, Delivered, accept, accepted, delivered_in_full, plot_of

WHOLE = everyday.at_the_door


def findings_of(delivered: Delivered) -> Findings:
    return check([delivered.plot], delivered.accepted, delivered.answers)


def about_parcel(delivered: Delivered, channel: Channel) -> int:
    """The number of the first message about a parcel on this channel."""
    return next(
        n for n, hears in enumerate(delivered.plot.must) if hears.parcel is not None and hears.channel is channel
    )


@pytest.mark.parametrize("make", [k for k in KINDS if k is not wishes.a_gift], ids=lambda make: make.__name__)
def test_an_order_whose_buyer_got_everything_once_is_found_well(make: PlotMaker) -> None:
    findings = findings_of(delivered_in_full(plot_of(make)))
    assert findings.good, findings.problems


def test_a_message_that_no_provider_accepted_is_missing() -> None:
    delivered = delivered_in_full(plot_of(WHOLE))
    lost = delivered.accepted.pop(3)
    findings = findings_of(delivered)
    assert [f"on {lost.channel}" in line for line in findings.missing] == [True]
    assert not findings.good


def test_a_message_accepted_twice_is_a_duplicate_and_not_a_second_message() -> None:
    delivered = delivered_in_full(plot_of(WHOLE))
    accept(delivered, delivered.plot.must[0], occurrence="0", twin=1)
    findings = findings_of(delivered)
    assert len(findings.duplicates) == 1
    assert not findings.unexpected


def test_the_same_step_told_again_under_another_id_is_unexpected() -> None:
    delivered = delivered_in_full(plot_of(WHOLE))
    accept(delivered, delivered.plot.must[0], occurrence="again")
    assert len(findings_of(delivered).unexpected) == 1


def test_a_message_to_a_buyer_who_should_hear_nothing_is_unexpected() -> None:
    delivered = delivered_in_full(plot_of(wishes.silence_please))
    assert findings_of(delivered).good
    buyer = delivered.plot.buyer
    accept(delivered, Hears(Step.ORDER_CONFIRMED, None, Channel.EMAIL, buyer.address(Channel.EMAIL)))
    assert len(findings_of(delivered).unexpected) == 1


def test_a_message_to_somebody_elses_address_is_both_missing_and_unexpected() -> None:
    delivered = delivered_in_full(plot_of(WHOLE))
    delivered.accepted[0] = delivered.accepted[0].model_copy(update={"to": "somebody.else@example.com"})
    findings = findings_of(delivered)
    assert (len(findings.missing), len(findings.unexpected)) == (1, 1)


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.WHATSAPP])
@pytest.mark.parametrize("fact", FACTS)
def test_a_parcel_message_that_lacks_a_fact_is_found_whichever_fact_it_is(fact: str, channel: Channel) -> None:
    delivered = delivered_in_full(plot_of(WHOLE))
    number = about_parcel(delivered, channel)
    text = delivered.accepted[number].text or ""
    reference = delivered.plot.parcels[0].reference
    words = text.split(". ", 1)[1].split(f" {CARRIER_NAMES['generic']}")[0]
    removed = {
        "carrier": CARRIER_NAMES["generic"],
        "reference": reference,
        "phone": "910 000 002",
        "link": LINK,
        "next step": words,
    }[fact]
    assert removed in text
    delivered.rewrite(number, text.replace(removed, "…"))
    findings = findings_of(delivered)
    assert findings.facts
    assert all(fact in line for line in findings.facts)


def test_a_fact_that_stands_in_the_text_but_not_in_the_html_is_missing() -> None:
    delivered = delivered_in_full(plot_of(WHOLE))
    number = about_parcel(delivered, Channel.EMAIL)
    text = delivered.accepted[number].text or ""
    reference = delivered.plot.parcels[0].reference
    delivered.rewrite(number, text, f"<p>{text.replace(reference, '')}</p><style>{reference}</style>")
    assert findings_of(delivered).facts == ["LF-10001 (at_the_door): shipped on email: reference (html)"]


def test_a_message_that_no_order_knows_is_a_stray() -> None:
    delivered = delivered_in_full(plot_of(WHOLE))
    delivered.accepted.append(accepted(delivered.plot.must[0], "hola", None))
    assert len(findings_of(delivered).strays) == 1


def test_the_name_of_who_signed_in_a_message_is_a_leak() -> None:
    delivered = delivered_in_full(plot_of(WHOLE))
    delivered.rewrite(0, f"Entregado a {SIGNED_BY.title()}")
    assert len(findings_of(delivered).leaks) == 1


def test_an_order_that_the_api_does_not_know_is_found() -> None:
    delivered = delivered_in_full(plot_of(WHOLE))
    findings = check([delivered.plot], [], {})
    assert findings.unknown_orders == ["LF-10001 (at_the_door)"]


def test_the_summary_says_whether_all_is_well_and_fits_a_terminal() -> None:
    delivered = delivered_in_full(plot_of(WHOLE))
    well = summary(findings_of(delivered), [delivered.plot], seed=7)
    assert "All is well" in well
    del delivered.accepted[:]
    bad = summary(findings_of(delivered), [delivered.plot], seed=7)
    assert "NOT WELL" in bad
    assert all(len(line) <= WIDTH for line in (well + bad).splitlines())
