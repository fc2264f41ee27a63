"""The operators' console over HTTP: who may enter, how an order is found, and that its whole story is on one screen."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from services.tracking.console.orders import PAGE_SIZE
from services.tracking.ops.conflicts import mark_conflicts
from services.tracking.store import OrderKey
from services.tracking.watch import look_once
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.vocabulary import Channel, Step, Verdict
from shared.database import run
from tests.support.deliveries import CORREOS, LUCIA, ORDER, SEUR, at, order, scan
from tests.support.tracking_pages import OPS_KEY, Tracking

PAGES = ("/", f"/orders/demo/{ORDER}", "/queues")


def outcome(step: Step, verdict: Verdict, reason: str, **changes: object) -> MessageOutcome:
    told: dict[str, object] = {
        "shop": "demo", "order_id": ORDER, "message": uuid4(), "step": step, "recipient": "buyer",
        "channel": Channel.EMAIL, "verdict": verdict, "reason": reason, "occurred_at": at(5), **changes,
    }  # fmt: skip
    return MessageOutcome.model_validate(told)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("auth", [None, ("ops", "wrong-key"), ("root", OPS_KEY), ("ops", "")])
async def test_nobody_enters_without_the_operators_key(
    tracking: Tracking, path: str, auth: tuple[str, str] | None
) -> None:
    tracking.console.auth = httpx.BasicAuth(*auth) if auth else httpx.Auth()
    answer = await tracking.console.get(path)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="Hito"')
    assert (await tracking.console.post("/search", content="q=x")).status_code == 401


async def test_probes_need_no_key(tracking: Tracking) -> None:
    tracking.console.auth = httpx.Auth()
    assert (await tracking.console.get("/livez")).status_code == 200


@pytest.mark.parametrize("path", PAGES)
async def test_every_screen_runs_nothing_and_is_kept_by_nobody(tracking: Tracking, path: str) -> None:
    await tracking.hears(order("confirmed"))
    answer = await tracking.console.get(path)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")


@pytest.mark.parametrize("text", [ORDER, SEUR[1], LUCIA.email, LUCIA.phone])
async def test_an_order_is_found_by_whatever_the_caller_has(tracking: Tracking, text: str) -> None:
    await tracking.hears(order("shipped", 2, parcels=[SEUR]), order(order_id="B-1", buyer=LUCIA.model_copy(
        update={"email": "other@example.com", "phone": "+34600000009"})))  # fmt: skip
    answer = await tracking.console.post("/search", data={"q": f" {text} ", "state": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/orders/demo/{ORDER}")


async def test_what_was_searched_for_is_in_no_address(tracking: Tracking) -> None:
    await tracking.hears(*(order(order_id=f"B-{n:03}", placed_at=at(3)) for n in range(PAGE_SIZE + 5)))
    answer = await tracking.console.post("/search", data={"q": LUCIA.email or ""})
    assert answer.status_code == 200
    addresses = [part.partition('"')[0] for part in answer.text.split('href="')[1:]]
    assert not [address for address in addresses if "lucia" in address]
    filters = await tracking.console.post("/search", data={"q": "", "state": "confirmed", "late": "false"})
    assert filters.headers["location"] == "/?state=confirmed&late=false"


async def test_orders_of_several_shops_with_one_number_and_one_instant_are_all_listed(tracking: Tracking) -> None:
    async with tracking.database.transaction() as tx:
        await run(
            tx,
            "INSERT INTO orders (shop, order_id, token_hash, placed_at) SELECT 'shop-' || s, 'B-' || n, "
            "decode(md5(s || '-' || n), 'hex'), '2026-03-02' FROM generate_series(1, 4) s, generate_series(1, 40) n",
        )
    seen: list[str] = []
    path = "/"
    while path:
        text = (await tracking.console.get(path)).text
        seen += [part.partition('"')[0] for part in text.split('href="/orders/')[1:]]
        path = text.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert len(seen) == 160
    assert len(set(seen)) == 160


async def test_a_phone_is_found_as_a_caller_says_it(tracking: Tracking) -> None:
    await tracking.hears(order("confirmed"))
    answer = await tracking.console.post("/search", data={"q": "600 00 00 01"})
    assert answer.headers["location"] == f"/orders/demo/{ORDER}"


async def test_a_long_list_is_read_page_by_page_to_its_end(tracking: Tracking) -> None:
    names = [f"B-{n:03}" for n in range(2 * PAGE_SIZE + 3)]
    await tracking.hears(*(order(order_id=name, placed_at=at(2 + n % 20)) for n, name in enumerate(names)))
    seen: list[str] = []
    path = "/?state=confirmed"
    while path:
        text = (await tracking.console.get(path)).text
        seen += [part.partition('"')[0] for part in text.split('href="/orders/demo/')[1:]]
        path = text.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert sorted(seen) == names


async def test_filters_narrow_the_list(tracking: Tracking) -> None:
    await tracking.hears(
        order("shipped", 2, parcels=[SEUR]),
        scan("in_transit", 3, condition="customs", by="buyer"),
        order("shipped", 2, order_id="B-1", parcels=[CORREOS]),
        scan("in_transit", 3, of=CORREOS),
    )
    text = (await tracking.console.get("/?stage=in_transit&condition=customs&shop=demo&late=false")).text
    assert f"/orders/demo/{ORDER}" in text and "/orders/demo/B-1" not in text
    assert "Ningún pedido coincide" in (await tracking.console.get("/?late=true")).text


@pytest.mark.parametrize("query", ["state=nonsense", "late=perhaps", "cursor=x", "unheard=of"])
async def test_a_filter_that_does_not_exist_is_refused_with_its_name(tracking: Tracking, query: str) -> None:
    answer = await tracking.console.get(f"/?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.json()["detail"]


async def test_one_screen_tells_everything_of_an_order_and_why(tracking: Tracking) -> None:
    await tracking.hears(
        order("shipped", 2, parcels=[SEUR]),
        scan("accepted", 3),
        scan("unknown", 4, carrier_code="ZZ9", carrier_text="<b>raro</b>"),
        scan("delivered", 5, to="neighbour"),
        scan("in_transit", 5, "11:00"),
        outcome(Step.DELIVERED, Verdict.SUPPRESSED, "shop asked for silence", parcel="/".join(SEUR)),
        outcome(Step.LOST, Verdict.UNKNOWN, "crash while in flight", channel=Channel.SMS),
    )
    text = (await tracking.console.get(f"/orders/demo/{ORDER}")).text
    assert "vecino" in text
    assert "shop asked for silence" in text and "no enviado" in text
    assert "crash while in flight" in text and "paso sin registrar" in text
    assert "lectura tardía, ya entregado" in text
    assert "ZZ9" in text and "&lt;b&gt;raro&lt;/b&gt;" in text and "<b>raro" not in text
    assert str(LUCIA.email) not in text and str(LUCIA.phone) not in text and "Lucía" not in text


@pytest.mark.parametrize("path", ["/orders/demo/none", f"/orders/other/{ORDER}", "/orders/demo/%3Cscript%3E"])
async def test_an_order_that_does_not_exist_says_so(tracking: Tracking, path: str) -> None:
    await tracking.hears(order("confirmed"))
    answer = await tracking.console.get(path)
    assert answer.status_code == 404
    assert "No hay tal pedido" in answer.text and "<script>" not in answer.text


async def test_what_no_database_can_hold_is_refused_before_it_gets_there(tracking: Tracking) -> None:
    assert (await tracking.console.get("/orders/demo/%00")).status_code == 422
    assert (await tracking.console.post("/search", data={"q": "a\x00b"})).status_code == 422
    assert (await tracking.console.post("/search", content=b"q=\xff")).status_code == 422
    assert (await tracking.console.post("/search", content="&".join(f"f{n}=1" for n in range(99)))).status_code == 422


async def test_order_numbers_with_odd_characters_can_be_opened(tracking: Tracking) -> None:
    await tracking.hears(order(order_id="Nº 7 ?#&ñ"))
    text = (await tracking.console.get("/")).text
    path = text.partition('scope="row"><a href="')[2].partition('"')[0]
    assert "Nº 7 ?#&amp;ñ" in (await tracking.console.get(path)).text


async def test_the_queues_show_what_waits_for_somebody(tracking: Tracking) -> None:
    await tracking.hears(order("confirmed", 1), scan("unknown", 4, carrier_code="ZZ9", carrier_text="raro"))
    await tracking.hears(order("preparing", 1))
    await tracking.hears(order("shipped", order_id="S-1", parcels=[CORREOS]))
    await look_once(tracking.database, tracking.announcer, at(31))
    async with tracking.database.transaction() as tx:
        await mark_conflicts(tx, [OrderKey("demo", ORDER)])
        await run(
            tx,
            'INSERT INTO dead_letters (topic, partition, "offset", headers, reason, handler) '
            "VALUES ('shop.orders.v1', 3, 77, '{}', 'not JSON', 'tracking')",
        )
    text = (await tracking.console.get("/queues")).text
    assert "ZZ9" in text and "raro" in text
    assert "not JSON" in text and "3/77" in text
    assert f"/orders/demo/{ORDER}" in text, "the contradiction leads to its order"
    assert SEUR[1] in text, "the parcel without an order"
    stuck = text.partition('id="stuck"')[2].partition("</section>")[0]
    assert "/orders/demo/S-1" in stuck and "/".join(CORREOS) in stuck and "la primera lectura" in stuck
    assert "que la tienda nombre un paquete" in stuck, "and the one without a parcel"
