"""The buyer's link over HTTP: who gets in, who does not, and what a browser is told about it."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from services.tracking.api.page import LINK_LIVES
from shared.contracts.orders import Buyer
from shared.contracts.shipments import Location
from shared.database import connect
from shared.link_misses import ALLOWED
from tests.support.deliveries import SEUR, at, order, scan
from tests.support.tracking_pages import Tracking

UNKNOWN = "/t/AAAAAAAAAAAAAAAAAAAAAA"
DELIVERED = (order("shipped", 2, parcels=[SEUR]), scan("accepted", 3), scan("delivered", 4))
END = at(4)


def without_date(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    return answer.status_code, {k: v for k, v in answer.headers.items() if k != "date"}, answer.content


async def test_the_link_opens_the_order(tracking: Tracking) -> None:
    await tracking.hears(*DELIVERED)
    answer = await tracking.page.get(tracking.link())
    assert answer.status_code == 200
    assert "Entregado" in answer.text and SEUR[1] in answer.text
    told = (await tracking.page.get(f"{tracking.link()}.json")).json()
    assert (told["state"], told["parcels"][0]["carrier_name"]) == ("delivered", "SEUR")


@pytest.mark.parametrize("suffix", ["", ".json"])
async def test_an_expired_link_and_one_that_never_was_are_the_same_to_the_last_byte(
    tracking: Tracking, suffix: str
) -> None:
    await tracking.hears(*DELIVERED)
    tracking.now = END + LINK_LIVES
    expired = without_date(await tracking.page.get(tracking.link() + suffix))
    assert expired == without_date(await tracking.page.get(UNKNOWN + suffix))
    assert expired == without_date(await tracking.page.get("/t/short" + suffix))
    assert expired[0] == 404
    assert expired[1]["content-type"].startswith("application/problem+json" if suffix else "text/html")


async def test_a_link_lives_ninety_days_after_the_end_of_its_order(tracking: Tracking) -> None:
    await tracking.hears(*DELIVERED)
    tracking.now = END + LINK_LIVES - timedelta(seconds=1)
    assert timedelta(days=90) == LINK_LIVES
    assert (await tracking.page.get(tracking.link())).status_code == 200


async def test_an_order_that_is_not_finished_keeps_its_link(tracking: Tracking) -> None:
    await tracking.hears(order("shipped", 2, parcels=[SEUR]), scan("accepted", 3))
    tracking.now = at(3) + timedelta(days=400)
    assert (await tracking.page.get(tracking.link())).status_code == 200


async def test_a_browser_that_has_the_page_is_told_only_when_it_changed(tracking: Tracking) -> None:
    await tracking.hears(order("shipped", 2, parcels=[SEUR]), scan("accepted", 3))
    for address in (tracking.link(), f"{tracking.link()}.json"):
        tag = (await tracking.page.get(address)).headers["etag"]
        again = await tracking.page.get(address, headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "private, no-cache"
    before = (await tracking.page.get(f"{tracking.link()}.json")).headers["etag"]
    await tracking.hears(scan("out_for_delivery", 5))
    after = await tracking.page.get(f"{tracking.link()}.json", headers={"If-None-Match": before})
    assert after.status_code == 200 and after.headers["etag"] != before


async def test_the_page_carries_the_tag_of_the_answer_it_shows(tracking: Tracking) -> None:
    await tracking.hears(order("confirmed"))
    tag = (await tracking.page.get(f"{tracking.link()}.json")).headers["etag"]
    assert f'data-tag="{tag.replace(chr(34), "&#34;")}"' in (await tracking.page.get(tracking.link())).text


async def test_the_page_is_kept_from_robots_caches_frames_and_referrers(tracking: Tracking) -> None:
    await tracking.hears(order("confirmed"))
    headers = (await tracking.page.get(tracking.link())).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert "noindex" in headers["x-robots-tag"]
    assert headers["cache-control"].startswith("private")
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none';") and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "*" not in policy


async def test_a_preview_that_only_asks_for_the_head_is_answered(tracking: Tracking) -> None:
    await tracking.hears(order("confirmed"))
    assert (await tracking.page.head(tracking.link())).status_code == 200
    assert (await tracking.page.head(f"{tracking.link()}.json")).status_code == 200


async def test_the_language_is_the_buyers_unless_another_is_asked_for(tracking: Tracking) -> None:
    await tracking.hears(order("confirmed", buyer=Buyer(email="x@example.com", locale="pt-BR")))
    assert '<html lang="pt-BR">' in (await tracking.page.get(tracking.link())).text
    assert '<html lang="en">' in (await tracking.page.get(f"{tracking.link()}?lang=en")).text
    assert '<html lang="pt-BR">' in (await tracking.page.get(f"{tracking.link()}?lang=xx")).text


async def test_a_bad_link_is_answered_in_the_browsers_language(tracking: Tracking) -> None:
    answer = await tracking.page.get(UNKNOWN, headers={"Accept-Language": "fr, en-GB;q=0.8, es;q=0.5"})
    assert '<html lang="en">' in answer.text


async def test_too_many_bad_links_are_slowed_down_and_a_good_one_still_opens(tracking: Tracking) -> None:
    await tracking.hears(order("confirmed"))
    for _ in range(ALLOWED):
        assert (await tracking.page.get(UNKNOWN)).status_code == 404
    refused = await tracking.page.get(UNKNOWN)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert (await tracking.page.get(f"{UNKNOWN}.json")).status_code == 429
    assert (await tracking.page.get(tracking.link())).status_code == 200


async def test_while_the_database_is_away_the_buyer_reads_that_it_will_be_back() -> None:
    nobody = connect("postgresql://hito@127.0.0.1:1/none", name="test")
    answer = await Tracking(nobody).page.get("/t/AAAAAAAAAAAAAAAAAAAAAA", headers={"Accept-Language": "es"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "dura poco" in answer.text
    told = await Tracking(nobody).page.get("/t/AAAAAAAAAAAAAAAAAAAAAA.json")
    assert (told.status_code, told.headers["content-type"]) == (503, "application/problem+json")
    await nobody.close()


async def test_the_buyers_person_is_nowhere_in_what_is_served(tracking: Tracking) -> None:
    buyer = Buyer(name="Lucía Canaria", email="lucia.canaria@example.com", phone="+34600987654")
    delivered = scan(
        "delivered", 4, location=Location(city="Madrid", postal_code="28013"), carrier_text="Lucía Canaria"
    )
    await tracking.hears(order("shipped", 2, parcels=[SEUR], buyer=buyer), scan("accepted", 3), delivered)
    for address in (tracking.link(), f"{tracking.link()}.json"):
        answer = await tracking.page.get(address)
        for canary in ("Canaria", "canaria", "600987654", "28013"):
            assert canary not in answer.text
            assert canary not in str(answer.headers)


async def test_its_files_are_served_without_an_order(tracking: Tracking) -> None:
    await tracking.hears(order("confirmed"))
    page = (await tracking.page.get(tracking.link())).text
    for name in ("base.css", "page.css", "page.js"):
        (address,) = [part.partition('"')[0] for part in page.split('="') if part.startswith(f"/t/assets/{name}")]
        answer = await tracking.page.get(address)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    assert (await tracking.page.get("/t/assets/page.py")).status_code == 404
