"""The buyer's say: a page behind a link that cannot be guessed, and what is chosen there counts from that moment on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from services.notifier.channels.base import Letter, Request
from services.notifier.channels.email import Email
from services.notifier.channels.email_settings import EmailSettings
from services.notifier.compose import Composer
from services.notifier.preferences.links import LINK_LIVES, new_token
from services.notifier.queue import take_to_freeze
from shared.contracts.erasures import ErasureRequested
from shared.contracts.orders import Buyer, Consent
from shared.contracts.orders import Recipient as OtherRecipient
from shared.contracts.vocabulary import Channel, Step
from shared.database import connect
from shared.settings import load_settings
from shared.shops import Shops
from tests.support.migrated import ask, count
from tests.support.mortal import SleepyDatabase
from tests.support.notifier_world import PUBLIC_URL, Notifier, now, step
from tests.support.steps_reached import catalog

EMAIL, SMS, WHATSAPP = Channel.EMAIL, Channel.SMS, Channel.WHATSAPP
LUCIA = Buyer(
    name="Lucía Prado",
    email="lucia@example.com",
    phone="+34600000001",
    consents=(Consent(channel=WHATSAPP),),
)
TABLES = ("consents", "languages_chosen", "preference_links", "messages", "unreachable", "outbox")
FORM = "application/x-www-form-urlencoded"


async def link_of(notifier: Notifier, recipient: str = "buyer", order_id: str = "A-1001") -> str:
    """The path of somebody's page."""
    (row,) = await ask(
        notifier.database,
        "SELECT token FROM preference_links WHERE recipient = :recipient AND order_id = :order_id",
        recipient=recipient,
        order_id=order_id,
    )
    return f"/preferences/{row['token']}"


async def chooses(
    notifier: Notifier, *channels: Channel, language: str = "es", extras: bool = True, link: str | None = None
) -> None:
    form: dict[str, str | list[str]] = {"form": "preferences", "channel": [*channels], "language": language}
    path = link or await link_of(notifier)
    answer = await notifier.http.post(path, data=form | ({"extras": "on"} if extras else {}))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path.rpartition('/')[2]}?saved")


def ticked(page: str) -> set[str]:
    return set(re.findall(r'value="([\w-]+)" ?(?:aria-describedby="[\w-]+")? checked', page))


async def everything(notifier: Notifier) -> Mapping[str, list[object]]:
    return {table: [*await ask(notifier.database, f"SELECT * FROM {table} ORDER BY 1")] for table in TABLES}


async def test_the_page_shows_what_counts_now_and_neither_name_nor_address(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    answer = await notifier.http.get(await link_of(notifier))
    assert answer.status_code == 200
    assert ticked(answer.text) == {"email", "sms", "whatsapp", "es", "on"}
    assert "l···@example.com" in answer.text
    assert "+34 ··· 001" in answer.text
    assert not [word for word in ("Lucía", "Prado", "lucia@", "600000001", "A-1001") if word in answer.text]


async def test_nobody_keeps_the_page_tells_its_address_on_or_finds_it_and_nothing_foreign_runs_on_it(
    notifier: Notifier,
) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    for path in (await link_of(notifier), f"/preferences/{new_token()}"):
        headers = (await notifier.http.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "noindex" in headers["x-robots-tag"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "set-cookie" not in headers


async def test_a_link_that_never_was_and_one_that_has_expired_answer_the_same(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    expired = await link_of(notifier)
    await ask(
        notifier.database,
        "UPDATE preference_links SET told_at = told_at - make_interval(secs => :age) RETURNING token",
        age=LINK_LIVES.total_seconds() + 1,
    )
    answers = [
        await notifier.http.request(
            method, path + end, content=b"List-Unsubscribe=One-Click", headers={"content-type": FORM}
        )
        for path in (expired, f"/preferences/{new_token()}", "/preferences/x", "/preferences/" + "é" * 22)
        for method, end in (("GET", ""), ("POST", ""), ("POST", "/unsubscribe"))
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}


async def test_a_channel_that_is_turned_off_is_off_for_what_is_waiting_for_what_comes_and_for_the_next_order(
    notifier: Notifier,
) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    await chooses(notifier, SMS)
    assert await notifier.state(Step.SHIPPED, EMAIL) == ("suppressed", "buyer_opted_out")
    assert await notifier.state(Step.SHIPPED, WHATSAPP) == ("suppressed", "buyer_opted_out")
    assert (await notifier.verdicts())[(await notifier.message(Step.SHIPPED))["id"]] == ["planned", "suppressed"]
    await notifier.hears(step(Step.DELIVERED, 2, buyer=LUCIA), step(Step.SHIPPED, order_id="A-2", buyer=LUCIA))
    for kind, order_id in ((Step.DELIVERED, "A-1001"), (Step.SHIPPED, "A-2")):
        assert await notifier.state(kind, EMAIL, order_id) == ("suppressed", "buyer_opted_out")
        assert await notifier.state(kind, WHATSAPP, order_id) == ("suppressed", "buyer_opted_out")
        assert await notifier.state(kind, SMS, order_id) == ("planned", "due")
    assert ticked((await notifier.http.get(await link_of(notifier))).text) == {"sms", "es", "on"}


@pytest.mark.parametrize("moment", ["planned", "frozen", "claimed"])
async def test_a_message_that_has_not_left_is_not_sent_any_more_whatever_it_is_at(
    notifier: Notifier, moment: str
) -> None:
    async def meanwhile() -> None:
        assert (await notifier.state(Step.SHIPPED))[0] == moment
        await chooses(notifier)

    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    before = {"planned": 0, "frozen": 1, "claimed": 2}[moment]
    await notifier.new_sender(SleepyDatabase(notifier.database, before, meanwhile)).work_off(EMAIL)
    assert notifier.accepted == []
    assert await notifier.state(Step.SHIPPED) == ("suppressed", "buyer_opted_out")


async def test_a_channel_can_be_turned_on_again_and_whatsapp_without_ever_having_ticked_a_box(
    notifier: Notifier,
) -> None:
    shy = LUCIA.model_copy(update={"consents": ()})
    await notifier.hears(step(Step.SHIPPED, buyer=shy))
    assert ticked((await notifier.http.get(await link_of(notifier))).text) == {"email", "sms", "es", "on"}
    await chooses(notifier)
    page = await notifier.http.get(await link_of(notifier))
    assert ticked(page.text) == {"es", "on"}
    assert 'class="silent"' in page.text
    await chooses(notifier, EMAIL, WHATSAPP)
    await notifier.hears(step(Step.DELIVERED, 2, buyer=shy))
    assert await notifier.state(Step.DELIVERED, WHATSAPP) == ("planned", "due")
    assert await notifier.state(Step.DELIVERED, EMAIL) == ("planned", "due")
    assert await notifier.state(Step.DELIVERED, SMS) == ("suppressed", "buyer_opted_out")


async def test_another_language_counts_for_a_message_that_is_written_but_was_never_tried(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    await notifier.new_sender().freeze_due(EMAIL)
    assert (await notifier.message(Step.SHIPPED))["language"] == "es"
    await chooses(notifier, EMAIL, WHATSAPP, SMS, language="en")
    assert (await notifier.message(Step.SHIPPED))["state"] == "planned"
    await notifier.send_what_is_due()
    for channel in (EMAIL, WHATSAPP):
        row = await notifier.message(Step.SHIPPED, channel)
        assert (row["state"], row["language"]) == ("accepted", "en")
    page = (await notifier.http.get(await link_of(notifier))).text
    assert '<html lang="en">' in page
    assert "en" in ticked(page)
    await notifier.hears(step(Step.SHIPPED, order_id="A-2", buyer=LUCIA.model_copy(update={"locale": "es-ES"})))
    await notifier.send_what_is_due()
    assert (await notifier.message(Step.SHIPPED, order_id="A-2"))["language"] == "en"


async def test_one_click_in_a_mail_client_ends_what_is_optional_and_nothing_else(notifier: Notifier) -> None:
    await notifier.hears(step(Step.IN_TRANSIT, buyer=LUCIA), step(Step.DELIVERED, order_id="A-2", buyer=LUCIA))
    link = await link_of(notifier)
    answer = await notifier.http.post(f"{link}/unsubscribe", data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.text) == (200, "OK\n")
    assert await notifier.state(Step.IN_TRANSIT) == ("suppressed", "buyer_opted_out")
    assert await notifier.state(Step.DELIVERED, order_id="A-2") == ("planned", "due")
    await notifier.hears(step(Step.PAYMENT_RECEIVED, order_id="A-3", buyer=LUCIA))
    assert await notifier.state(Step.PAYMENT_RECEIVED, order_id="A-3") == ("suppressed", "buyer_opted_out")
    assert ticked((await notifier.http.get(link)).text) == {"email", "sms", "whatsapp", "es"}
    rows = await ask(notifier.database, "SELECT DISTINCT source FROM consents WHERE state = 'withdrawn'")
    assert [row["source"] for row in rows] == ["unsubscribe"]


async def test_one_click_is_understood_as_multipart_too(notifier: Notifier) -> None:
    await notifier.hears(step(Step.IN_TRANSIT, buyer=LUCIA))
    files = {"List-Unsubscribe": (None, "One-Click")}
    answer = await notifier.http.post(f"{await link_of(notifier)}/unsubscribe", files=files)
    assert answer.status_code == 200
    assert await notifier.state(Step.IN_TRANSIT) == ("suppressed", "buyer_opted_out")


class Reader(Email):
    """An e-mail channel that shows each letter it is given."""

    def __init__(self, settings: EmailSettings) -> None:
        super().__init__(settings)
        self.read: list[Letter] = []

    def prepare(self, letter: Letter) -> Request:
        self.read.append(letter)
        return super().prepare(letter)


async def test_a_letter_links_to_the_page_and_offers_one_click_only_for_what_is_optional(notifier: Notifier) -> None:
    await notifier.hears(step(Step.IN_TRANSIT, buyer=LUCIA), step(Step.DELIVERED, order_id="A-2", buyer=LUCIA))
    reader = Reader(load_settings(EmailSettings))
    async with notifier.database.transaction() as tx:
        rows = await take_to_freeze(tx, EMAIL, 10)
    for public_url in (PUBLIC_URL, None):
        composer = Composer(catalog(), notifier.shops, {EMAIL: (reader,)}, public_url)
        for row in sorted(rows, key=lambda each: str(each["order_id"])):
            composer.compose(row, now(), reader)
    links = [PUBLIC_URL + await link_of(notifier, order_id=order_id) for order_id in ("A-1001", "A-2")]
    shown = [[link for link in links if link in (letter.rendered.html or "")] for letter in reader.read]
    assert shown == [[links[0]], [links[1]], [], []]
    assert [letter.unsubscribe_url for letter in reader.read] == [f"{links[0]}/unsubscribe", None, None, None]


async def test_a_link_with_one_letter_changed_leads_nowhere(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    link = await link_of(notifier)
    start = len("/preferences/")
    for place in range(start, len(link)):
        changed = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
        assert (await notifier.http.get(changed)).status_code == 404
    assert (await notifier.http.get(link)).status_code == 200


async def test_while_the_database_is_away_the_page_says_so_in_the_readers_language(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    link, browser = await link_of(notifier), {"accept-language": "pt-PT,pt;q=0.9"}
    gone = connect("postgresql://nobody@127.0.0.1:1/none", name="test")
    notifier.app.state.preferences = replace(notifier.app.state.preferences, database=gone)
    answer = await notifier.http.get(link, headers=browser)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Nada foi alterado" in answer.text
    await gone.close()


async def test_the_page_escapes_what_a_shop_calls_itself(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    shop = notifier.shops["demo"].model_copy(update={"name": "<b>Faro</b>{{ 7 * 7 }}"})
    state = notifier.app.state.preferences
    notifier.app.state.preferences = replace(state, shops=Shops({"demo": shop}))
    page = (await notifier.http.get(await link_of(notifier))).text
    assert "<b>" not in page
    assert "&lt;b&gt;Faro&lt;/b&gt;{{ 7 * 7 }}" in page


async def test_opening_the_page_changes_nothing_whoever_opens_it_and_however_often(notifier: Notifier) -> None:
    await notifier.hears(step(Step.IN_TRANSIT, buyer=LUCIA))
    link, before = await link_of(notifier), await everything(notifier)
    for path in (link, f"{link}?saved", f"{link}/unsubscribe", f"{link}?channel=sms&form=preferences"):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            await notifier.http.request(method, path)
    assert await everything(notifier) == before
    shown = await notifier.http.get(f"{link}/unsubscribe")
    assert (shown.status_code, shown.headers["location"]) == (303, "../" + link.rpartition("/")[2])


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", FORM, 422),
        (b"channel=email", FORM, 422),
        (b"form=preferences&channel=pigeon", FORM, 422),
        (b"form=preferences&language=tlh", FORM, 422),
        (b"form=preferences&language=es&language=en", FORM, 422),
        (b"form=preferences&channel=\xff\xfe", FORM, 422),
        (b"&".join(b"channel=email" for _ in range(50)), FORM, 422),
        (b'{"form": "preferences"}', "application/json", 422),
        (b"form=preferences&x=" + b"x" * 5_000, FORM, 413),
    ],
)
async def test_a_form_that_is_not_ours_changes_nothing(
    notifier: Notifier, body: bytes, content_type: str, status: int
) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    link, before = await link_of(notifier), await everything(notifier)
    answer = await notifier.http.post(link, content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    click = await notifier.http.post(f"{link}/unsubscribe", content=body, headers={"content-type": content_type})
    assert click.status_code == status
    assert await everything(notifier) == before


async def test_each_recipient_has_a_link_of_their_own_and_chooses_for_nobody_else(notifier: Notifier) -> None:
    tomas = OtherRecipient(role="receiver", name="Tomás", email="tomas@example.com")
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA, recipients=(tomas,)))
    theirs = await link_of(notifier, "receiver")
    assert theirs != await link_of(notifier)
    assert "t···@example.com" in (await notifier.http.get(theirs)).text
    await chooses(notifier, link=theirs)
    rows = await ask(notifier.database, "SELECT recipient FROM messages WHERE state = 'planned' ORDER BY 1")
    assert {row["recipient"] for row in rows} == {"buyer"}


async def test_a_link_lives_on_while_its_order_does_and_stays_the_same(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    first = await link_of(notifier)
    await ask(notifier.database, "UPDATE preference_links SET told_at = now() - interval '80 days' RETURNING token")
    await notifier.hears(step(Step.DELIVERED, 2, buyer=LUCIA))
    assert await link_of(notifier) == first
    rows = await ask(notifier.database, "SELECT told_at FROM preference_links")
    assert now() - rows[0]["told_at"] < timedelta(minutes=5)


async def test_of_a_choice_and_a_step_at_the_same_moment_one_knows_of_the_other(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    link = await link_of(notifier)
    steps = [step(Step.SHIPPED, order_id=f"B-{number}", buyer=LUCIA) for number in range(20)]
    await asyncio.gather(
        *(notifier.hears(each) for each in steps[:10]), chooses(notifier, link=link), *map(notifier.hears, steps[10:])
    )
    assert await count(notifier.database, "messages", "state = 'planned'") == 0
    assert await count(notifier.database, "messages", "reason = 'buyer_opted_out'") >= 2 * len(steps)


async def test_an_erasure_takes_link_language_and_consents_and_leaves_the_objection_without_its_order(
    notifier: Notifier,
) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=LUCIA))
    link = await link_of(notifier)
    await chooses(notifier, SMS, language="en")
    await notifier.hears(ErasureRequested(shop="demo", order_id="A-1001", requested_at=now()))
    assert (await notifier.http.get(link)).status_code == 404
    assert await count(notifier.database, "languages_chosen") == await count(notifier.database, "preference_links") == 0
    assert await count(notifier.database, "consents", "state = 'granted'") == 0
    assert await count(notifier.database, "consents", "order_id IS NULL") == await count(notifier.database, "consents")
    await notifier.hears(step(Step.SHIPPED, order_id="A-2", buyer=LUCIA))
    assert await notifier.state(Step.SHIPPED, EMAIL, "A-2") == ("suppressed", "buyer_opted_out")
