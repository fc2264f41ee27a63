from __future__ import annotations

from datetime import timedelta

import pytest

from services.carrier_gateway.carriers.dpd import CODES, ask, meaning_of, month_first, parse, read_answer
from services.carrier_gateway.carriers.dpd_login import LOGIN
from services.carrier_gateway.parts.base import Malformed, Refusal, Skip
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.parts.xml_payload import read_xml
from shared.contracts.vocabulary import Condition, DeliveredTo, Stage


def answer(*rows: str) -> bytes:
    return f"<a><trackingresult>{''.join(rows)}</trackingresult></a>".encode()


def row(status: str, reached: str = "true") -> str:
    return (
        f"<statusInfo><status>{status}</status><label><content>Delivered</content></label>"
        f"<statusHasBeenReached>{reached}</statusHasBeenReached>"
        "<date><content>3/30/2026 8:05:00 AM</content></date></statusInfo>"
    )


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_reached_in_any_capitals(code: str) -> None:
    expected = CODES[code]

    parsed = read_answer(Query("05308801410000"), answer(row(code.title())))

    if isinstance(expected, Skip):
        assert (parsed.events, parsed.skipped) == ((), 1)
    else:
        assert [(e.stage, e.delivered_to) for e in parsed.events] == [(expected.stage, expected.delivered_to)]


def test_what_was_not_reached_and_the_heading_of_a_group_are_no_events() -> None:
    parsed = read_answer(Query("05308801410000"), answer(row("Delivered", "false"), row("Depot")))

    assert [(e.reference, e.stage, e.carrier_text) for e in parsed.events] == [
        ("05308801410000", Stage.IN_TRANSIT, None)
    ]


@pytest.mark.parametrize(
    ("text", "country", "instant"),
    [
        ("3/30/2026 8:05:00 AM", "BE", "2026-03-30T06:05:00+00:00"),
        ("3/4/2026 12:00:00 AM", "NL", "2026-03-03T23:00:00+00:00"),
        ("3/4/2026 12:00:00 PM", "PT", "2026-03-04T12:00:00+00:00"),
        ("12/31/2026 11:59:59 PM", None, "2026-12-31T22:59:59+00:00"),
        ("30/3/2026 8:05:00 AM", "BE", None),
        ("2/31/2026 8:05:00 AM", "BE", None),
        ("3/30/2026 13:05:00 PM", "BE", None),
        ("3/30/2026 0:05:00 AM", "BE", None),
        ("2026-03-30T08:05:00", "BE", None),
        ("", "BE", None),
    ],
)
def test_the_month_comes_first_and_nothing_else_is_tried(text: str, country: str | None, instant: str | None) -> None:
    moment = month_first(text, country)

    assert (moment.at.isoformat() if moment else None) == instant


@pytest.mark.parametrize(
    ("code", "sentence", "condition", "place"),
    [
        ("DeliveryFailure", "Unfortunately we were not able to deliver", None, None),
        ("DeliveryFailure", "Refused by consignee", Condition.REFUSED, None),
        ("DeliveryFailure", "The address was not found", Condition.ADDRESS_PROBLEM, None),
        ("Delivered", "Delivered to a neighbour", None, DeliveredTo.NEIGHBOUR),
        ("Delivered", "Left at the drop-off point", None, DeliveredTo.SAFE_PLACE),
        ("Depot", "Not at home", None, None),
    ],
)
def test_a_description_adds_to_a_failed_visit_and_to_a_delivery_only(
    code: str, sentence: str, condition: Condition | None, place: DeliveredTo | None
) -> None:
    meaning = meaning_of(code, sentence)

    assert not isinstance(meaning, Skip)
    assert (meaning.condition, meaning.delivered_to) == (condition, place)


def test_an_answer_that_names_no_parcel_cannot_be_handed_over() -> None:
    with pytest.raises(Malformed, match="parcelLabelNumber"):
        parse(answer(row("Depot")))


def test_a_fault_that_is_no_refused_login_is_an_outage() -> None:
    assert parse(b"<a><Fault><detail><errorCode>X</errorCode></detail></Fault></a>").refusal is Refusal.OUTAGE


def test_a_login_yields_what_a_question_is_asked_with() -> None:
    bought = LOGIN.read(
        {},
        b"<a><getAuthResponse><return><delisId>SAMPLE</delisId><authToken>abc:d</authToken></return></getAuthResponse></a>",
    )
    asked = read_xml(ask(Query("05308801410000"), "https://wsshipper.dpd.nl", bought.text).content)

    (access,) = asked.everywhere("authentication")
    assert (access.said("delisId"), access.said("authToken")) == ("SAMPLE", "abc:d")
    assert [each.said("parcelLabelNumber") for each in asked.everywhere("getTrackingData")] == ["05308801410000"]
    assert timedelta(hours=1) < bought.lifetime < timedelta(days=1)


def test_the_login_carries_the_name_and_the_whole_password() -> None:
    request = LOGIN.request("https://wsshipper.dpd.nl/", "SAMPLE:pass:<word>")

    (login,) = read_xml(request.content).everywhere("getAuth")
    assert (login.said("delisId"), login.said("password")) == ("SAMPLE", "pass:<word>")
    assert str(request.url) == "https://wsshipper.dpd.nl/soap/services/LoginService/V2_0"


@pytest.mark.parametrize(
    "body", [b"", b"<a/>", b"<a><getAuthResponse><return><delisId>x</delisId></return></getAuthResponse></a>"]
)
def test_a_login_that_sells_no_token_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        LOGIN.read({}, body)
