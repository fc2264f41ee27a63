"""What a buyer reads on their page as the story goes on."""

from __future__ import annotations

from datetime import date

import pytest

from services.tracking.api.page_answers import PageAnswer, PageParcel, Tone
from services.tracking.domain.promise import PromiseBroken
from shared.contracts.vocabulary import Clock, OrderState, Stage
from tests.unit.tracking.facts import CORREOS, SEUR, at, says, scan
from tests.unit.tracking.page_story import html, page, refunded, shipped, story

COLLECTED = scan("accepted", 3, "18:00", city="MADRID")
ON_THE_WAY = scan("in_transit", 4, city="ZARAGOZA")
OUT = scan("out_for_delivery", 6, "07:00", city="BARCELONA", eta=at(6, "13:00"))


def only(answer: PageAnswer) -> PageParcel:
    (parcel,) = answer.parcels
    return parcel


def reached(parcel: PageParcel) -> list[str]:
    return [mark.name for mark in parcel.milestones if mark.reached]


def test_before_anything_is_sent_the_page_says_that_it_is_being_prepared() -> None:
    answer = page(story(says("confirmed", 1), says("preparing", 2, promise=date(2026, 3, 9))))
    assert answer.title == "Estamos preparando tu pedido"
    assert answer.expected == "lunes 9 de marzo, como tarde"
    assert answer.parcels == ()
    assert [event.title for event in answer.timeline][-1] == "Hiciste el pedido"


def test_a_parcel_out_for_delivery_says_when_to_be_at_home_and_whom_to_call() -> None:
    answer = page(story(shipped(), seur=[COLLECTED, ON_THE_WAY, OUT]), now=at(6, "08:00"))
    parcel = only(answer)
    assert answer.title == parcel.title == "Está en reparto"
    assert answer.expected == "hoy, viernes 6 de marzo, antes de las 14:00"
    assert "llama a SEUR al +34\u00a0910\u00a0000\u00a0100" in answer.next
    assert (parcel.phone, parcel.phone_of_shop, parcel.hours) == ("+34 910 000 100", False, "L-V 8:00-20:00")
    assert parcel.carrier_url == "https://carrier.example/track?ref=12345678901234"
    assert parcel.place == "Barcelona"
    assert reached(parcel) == ["prepared", "shipped", "out_for_delivery"]


def test_where_no_number_of_the_carrier_is_confirmed_the_shop_answers_and_is_named() -> None:
    told = story(shipped(CORREOS), correos=[scan("accepted", 3, of=CORREOS)])
    assert only(page(told)).phone_of_shop
    assert "Atención al cliente de Librería Faro" in html(told)
    assert 'href="tel:+34910000001"' in html(told)


def test_an_hour_that_has_passed_is_no_longer_promised() -> None:
    told = story(shipped(), seur=[COLLECTED, OUT])
    assert page(told, now=at(6, "14:00")).expected == "hoy, viernes 6 de marzo"
    assert page(told, now=at(7, "09:00")).expected is None


def test_a_failed_attempt_asks_the_buyer_to_call_and_drops_the_old_date() -> None:
    attempt = scan("failed_attempt", 6, "11:00", condition="recipient_absent")
    answer = page(story(shipped(), seur=[COLLECTED, OUT, attempt]), now=at(6, "12:00"))
    assert (answer.tone, answer.title) == (Tone.ACT, "Pasaron y no había nadie")
    assert answer.expected is None
    assert "Te toca a ti" in html(story(shipped(), seur=[COLLECTED, OUT, attempt]))


def test_a_new_date_after_a_failed_attempt_is_told() -> None:
    attempt = scan("failed_attempt", 6, "11:00", eta=at(9, "13:00"))
    answer = page(story(shipped(), seur=[COLLECTED, OUT, attempt]), now=at(6, "12:00"))
    assert answer.expected == "lunes 9 de marzo, antes de las 14:00"


@pytest.mark.parametrize(
    ("taker", "title"),
    [
        (None, "Entregado"),
        ("recipient", "Entregado"),
        ("neighbour", "Lo tiene un vecino"),
        ("locker", "Está en la taquilla"),
        ("pickup_point", "Está en el punto de recogida"),
        ("reception", "Está en recepción"),
    ],
)
def test_delivered_says_to_whom(taker: str | None, title: str) -> None:
    answer = page(story(shipped(), seur=[COLLECTED, OUT, scan("delivered", 6, "11:00", to=taker)]))
    assert (answer.tone, answer.title, answer.expected) == (Tone.GOOD, title, None)
    assert reached(only(answer)) == ["prepared", "shipped", "out_for_delivery", "delivered"]


def test_a_parcel_that_was_collected_shows_that_mark_instead_of_the_van() -> None:
    scans = [COLLECTED, scan("ready_for_pickup", 5, to="locker"), scan("delivered", 6)]
    parcel = only(page(story(shipped(), seur=scans)))
    assert [mark.label for mark in parcel.milestones] == ["Preparado", "Enviado", "Para recoger", "Entregado"]


@pytest.mark.parametrize("stage", ["returning", "returned", "lost"])
def test_a_parcel_off_the_way_to_the_buyer_shows_no_progress(stage: str) -> None:
    answer = page(story(shipped(), seur=[COLLECTED, scan(stage, 6)]))
    assert (only(answer).milestones, answer.tone) == ((), Tone.TROUBLE)


def test_an_unmapped_code_is_never_shown() -> None:
    unknown = scan("unknown", 5, city="CANARYVILLE")
    told = story(shipped(), seur=[COLLECTED, unknown])
    assert only(page(told)).stage is Stage.ACCEPTED
    assert "canaryville" not in html(told).lower()
    assert page(told) == page(story(shipped(), seur=[COLLECTED]))


def test_a_scan_that_changed_nothing_is_not_part_of_the_story() -> None:
    late = scan("in_transit", 7, city="Sevilla")
    told = story(shipped(), seur=[COLLECTED, OUT, scan("delivered", 6, "11:00"), late])
    assert [event.place for event in only(page(told)).timeline] == [None, "Barcelona", "Madrid"]


def test_the_same_scan_of_the_same_place_is_told_once_and_newest_comes_first() -> None:
    scans = [COLLECTED, scan("in_transit", 4, "08:00", city="Lugo"), scan("in_transit", 4, "11:00", city="Lugo")]
    told = [(event.title, event.place, event.at) for event in only(page(story(shipped(), seur=scans))).timeline]
    assert told == [
        ("Sigue su camino", "Lugo", at(4, "08:00")),
        ("SEUR lo ha recogido", "Madrid", at(3, "18:00")),
    ]


def test_a_broken_promise_is_admitted_with_its_date() -> None:
    promise = date(2026, 3, 4)
    told = story(shipped(promise=promise), seur=[COLLECTED], late=[PromiseBroken(SEUR, promise)])
    answer = page(told)
    assert (answer.late, answer.tone, answer.expected) == (True, Tone.TROUBLE, None)
    assert answer.title == "Llega más tarde de lo previsto"
    assert "miércoles 4 de marzo" in answer.next


def test_a_new_promise_makes_the_old_one_forgotten() -> None:
    broken = PromiseBroken(SEUR, date(2026, 3, 4))
    answer = page(story(shipped(promise=date(2026, 3, 12)), seur=[COLLECTED], late=[broken]))
    assert (answer.late, answer.title) == (False, "Ya va en camino")
    assert answer.expected == "jueves 12 de marzo, como tarde"


def test_the_parcel_that_needs_the_buyer_decides_what_the_page_says_of_several() -> None:
    waiting = scan("ready_for_pickup", 5, of=CORREOS)
    told = story(shipped(SEUR, CORREOS), seur=[COLLECTED], correos=[scan("accepted", 4, of=CORREOS), waiting])
    answer = page(told)
    assert (answer.tone, answer.title) == (Tone.ACT, "Uno de tus paquetes te necesita")
    assert [parcel.title for parcel in answer.parcels] == ["Ya va en camino", "Ya puedes recogerlo"]


def test_half_an_order_is_never_called_delivered() -> None:
    told = story(shipped(SEUR, CORREOS), seur=[COLLECTED, scan("delivered", 6)], correos=[])
    answer = page(told)
    assert (answer.state, answer.title) == (OrderState.PARTLY_DELIVERED, "1 de 2 paquetes entregados")


def test_what_is_still_to_be_sent_is_said_beside_what_is_under_way() -> None:
    more = says("preparing", 3, day=3, parcels=[SEUR], more_to_come=True)
    assert "Aún falta por salir" in (page(story(more, seur=[COLLECTED])).note or "")
    assert page(story(shipped(), seur=[COLLECTED])).note is None


def test_a_cancelled_order_says_so_above_all_and_expects_nothing() -> None:
    cancelled = says("cancelled", 3, day=3, parcels=[SEUR], promise=date(2026, 3, 9))
    answer = page(story(cancelled, seur=[COLLECTED]))
    assert (answer.title, answer.expected, only(answer).expected) == ("Tu pedido está cancelado", None, None)
    assert "ya está hecha" in page(story(refunded(says("cancelled", 3)))).next


def test_the_shops_word_that_it_arrived_is_on_the_timeline() -> None:
    delivered = says("delivered", 4, day=8, parcels=[SEUR])
    parcel = only(page(story(delivered, seur=[COLLECTED])))
    assert (parcel.timeline[0].title, parcel.timeline[0].at) == ("Entregado", at(8, "09:00"))


def test_an_hour_without_a_zone_is_told_as_about() -> None:
    told = html(story(shipped(), seur=[COLLECTED._replace(clock=Clock.ASSUMED)]))
    assert "Martes 3 de marzo, sobre las 19:00".lower() in told.lower()


def test_english_readers_read_the_same_story_in_english() -> None:
    told = story(shipped(), seur=[COLLECTED, OUT])
    answer = page(told, now=at(6, "08:00"), lang="en")
    assert (answer.language, answer.title) == ("en", "Out for delivery")
    assert answer.expected == "today, Friday 6 March, before 14:00"
    assert answer.parcels[0].reference == page(told).parcels[0].reference


def test_a_foreign_place_is_named_with_its_country_in_the_readers_language() -> None:
    abroad = scan("in_transit", 4, city="LEIPZIG")._replace(country="DE")
    told = story(shipped(), seur=[COLLECTED, abroad])
    assert only(page(told)).place == "Leipzig, Alemania"
    assert only(page(told, lang="en")).place == "Leipzig, Germany"
