"""The providers call back by themselves, over real sockets, at whatever moment they like."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.providers import Action, Rule
from sandbox.providers.http_server import HttpServer, listen, port_of
from shared.contracts.orders import Buyer
from shared.contracts.vocabulary import Channel, Step
from tests.support.migrated import ask
from tests.support.notifier_world import BY_SMS, BY_WHATSAPP, Notifier, a_notifier, step


@pytest.fixture
async def reachable(notifier: Notifier, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Notifier]:
    """The same, on an address where the providers' callbacks arrive by themselves."""
    listener = listen()
    address = f"http://127.0.0.1:{port_of(listener)}"
    monkeypatch.setenv("NOTIFIER_PUBLIC_URL", address)
    async with a_notifier(notifier.database, notifier.providers) as opened_notifier:
        server = HttpServer(opened_notifier.app, listener)
        server.start()
        notifier.providers.graph.app.webhook_url = f"{address}/receipts/whatsapp"
        yield opened_notifier
        await notifier.providers.callbacks.quiet()
        notifier.providers.graph.app.webhook_url = None
        await server.stop()


@pytest.mark.parametrize("action", [Action.OK, Action.RECEIPT_EARLY, Action.RECEIPT_TWICE])
@pytest.mark.parametrize(("channel", "buyer"), [(Channel.SMS, BY_SMS), (Channel.WHATSAPP, BY_WHATSAPP)])
async def test_the_providers_own_receipts_arrive_early_late_or_twice_and_end_the_message_well(
    reachable: Notifier, channel: Channel, buyer: Buyer, action: Action
) -> None:
    reachable.providers.faults.add(Rule(action=action))
    await reachable.hears(step(Step.SHIPPED, buyer=buyer))
    await reachable.send_what_is_due()
    await reachable.providers.callbacks.quiet()
    (row,) = await ask(reachable.database, "SELECT id, state FROM messages WHERE channel = :channel", channel=channel)
    assert row["state"] in ("delivered", "read")
    words = (await reachable.verdicts(channel))[row["id"]]
    assert words[0] == "planned"
    assert len(words) == len(set(words)), "each word once"
