"""Every channel in the registry, against its simulated provider, over real sockets."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid5

import pytest

from sandbox.providers import Action, Rule
from sandbox.providers.http_server import listen, port_of
from services.notifier.channels import CHANNELS, ChannelKind, adapters_by_provider, load_channel_settings, open_adapters
from services.notifier.channels.base import OutcomeClass, send_timed
from shared.contracts.vocabulary import Channel
from tests.support.channel_world import World
from tests.support.letters import MESSAGE_ID, letter_for

NOTHING_SENT = frozenset({OutcomeClass.NOT_SENT, OutcomeClass.THROTTLED, OutcomeClass.REJECTED})
"""Classes that promise that the buyer got nothing."""
SILENT = frozenset({Action.HANG, Action.ACCEPT_THEN_HANG, Action.SLOW_DRIP})
"""What only a deadline ends."""

AFTER_A_FAULT = {
    Action.OK: OutcomeClass.ACCEPTED,
    Action.REJECT: OutcomeClass.REJECTED,
    Action.THROTTLE_429: OutcomeClass.THROTTLED,
    Action.UNAVAILABLE_503: OutcomeClass.NOT_SENT,
    Action.ERROR_500: OutcomeClass.AMBIGUOUS,
    Action.DROP_BEFORE_ACCEPT: OutcomeClass.AMBIGUOUS,
    Action.ACCEPT_THEN_ERROR_500: OutcomeClass.AMBIGUOUS,
    Action.ACCEPT_THEN_DROP: OutcomeClass.AMBIGUOUS,
    Action.GARBAGE_2XX: OutcomeClass.AMBIGUOUS,
    Action.RECEIPT_LOST: OutcomeClass.ACCEPTED,
    Action.RECEIPT_TWICE: OutcomeClass.ACCEPTED,
    Action.RECEIPT_EARLY: OutcomeClass.ACCEPTED,
    Action.RECEIPT_LATE: OutcomeClass.ACCEPTED,
    Action.RECEIPT_FAILED: OutcomeClass.ACCEPTED,
    Action.RECEIPT_REORDERED: OutcomeClass.ACCEPTED,
    Action.RECEIPT_FORGED: OutcomeClass.ACCEPTED,
}
DEFINITE_FOR_SMTP = {Action.ERROR_500: OutcomeClass.REJECTED}
"""A 5xx reply to the final dot is a refusal, unlike an HTTP 500."""

every_channel = pytest.mark.parametrize("kind", CHANNELS, ids=lambda kind: kind.provider)


def test_every_channel_of_the_vocabulary_has_a_provider_and_no_two_providers_share_a_name() -> None:
    assert {kind.channel for kind in CHANNELS} == set(Channel)
    assert len({kind.provider for kind in CHANNELS}) == len(CHANNELS)


@every_channel
def test_an_adapter_bears_the_name_and_the_channel_of_its_row(world: World, kind: ChannelKind) -> None:
    adapter = world.adapters[kind.provider]
    assert (adapter.provider, adapter.channel) == (kind.provider, kind.channel)


@every_channel
async def test_only_who_declares_a_look_up_answers_one(world: World, kind: ChannelKind) -> None:
    adapter = world.adapters[kind.provider]
    never_sent = uuid5(MESSAGE_ID, "never sent")
    answer = await adapter.look_up(never_sent, adapter.prepare(letter_for(kind.channel, message_id=never_sent)))
    assert answer is None or (adapter.lookup and answer.outcome is OutcomeClass.NOT_SENT)


@every_channel
async def test_an_accepted_message_reaches_its_recipient_byte_for_byte(world: World, kind: ChannelKind) -> None:
    adapter = world.adapters[kind.provider]
    request = adapter.prepare(letter_for(kind.channel))

    result = await adapter.send(request, MESSAGE_ID)

    [entry] = world.log
    assert result.outcome is OutcomeClass.ACCEPTED
    assert (entry.to, entry.sha256, entry.message_id) == (request.address, request.sha256, MESSAGE_ID)
    assert result.provider_message_id == entry.provider_message_id
    assert entry.channel is kind.channel


@every_channel
def test_the_same_letter_gives_the_same_bytes(world: World, kind: ChannelKind) -> None:
    adapter = world.adapters[kind.provider]

    assert adapter.prepare(letter_for(kind.channel)) == adapter.prepare(letter_for(kind.channel))


@every_channel
def test_no_credential_stands_in_what_the_ledger_keeps(world: World, kind: ChannelKind) -> None:
    body = world.adapters[kind.provider].prepare(letter_for(kind.channel)).body
    settings = load_channel_settings()[kind.provider]

    assert [name for name, value in settings if str(value) == "**********" and value] != []
    for name, value in {**world.providers.environment, **world.providers.keyed_environment}.items():
        if any(word in name for word in ("TOKEN", "SECRET", "SMTP_URL")):
            assert value.encode() not in body


@every_channel
@pytest.mark.parametrize("action", sorted(SILENT), ids=str)
async def test_silence_leaves_us_in_doubt(impatient: World, kind: ChannelKind, action: Action) -> None:
    impatient.providers.faults.add(Rule(action=action))

    result = await impatient.send(kind.provider)

    assert result.outcome is OutcomeClass.AMBIGUOUS
    assert impatient.accepted == ([] if action is Action.HANG else [MESSAGE_ID])


@every_channel
@pytest.mark.parametrize("action", [action for action in Action if action not in SILENT], ids=str)
async def test_each_kind_of_trouble_gets_its_class(world: World, kind: ChannelKind, action: Action) -> None:
    world.providers.faults.add(Rule(action=action, delay_seconds=0.1))

    result = await world.send(kind.provider)

    exceptions = DEFINITE_FOR_SMTP if kind.channel is Channel.EMAIL else {}
    assert result.outcome is exceptions.get(action, AFTER_A_FAULT[action])
    if result.outcome in NOTHING_SENT:
        assert world.accepted == []
    if result.outcome is OutcomeClass.ACCEPTED:
        assert world.accepted == [MESSAGE_ID]


@every_channel
async def test_a_provider_that_is_not_there_means_that_nothing_was_sent(
    world: World, kind: ChannelKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listen() as closed:
        port = port_of(closed)
    for name in ("SMTP_URL", "SMTP_URL_2", "TWILIO_URL", "WHATSAPP_URL", "SMS_HTTP_URL"):
        monkeypatch.setenv(name, f"{'smtp' if name.startswith('SMTP') else 'http'}://127.0.0.1:{port}")
    adapter = adapters_by_provider(open_adapters(load_channel_settings()))[kind.provider]

    result = await send_timed(adapter, adapter.prepare(letter_for(kind.channel)), MESSAGE_ID)
    await adapter.close()

    assert result.outcome is OutcomeClass.NOT_SENT


@every_channel
async def test_wrong_credentials_leave_the_message_waiting_for_us_to_mend_them(
    world: World, kind: ChannelKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SMTP_URL", "SMTP_URL_2"):
        monkeypatch.setenv(name, world.providers.smtp_url.replace("sandbox:", "sandbox:wrong"))
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "wrong")
    monkeypatch.setenv("WHATSAPP_ACCESS_TOKEN", "wrong")
    monkeypatch.setenv("SMS_HTTP_SECRET", "wrong")
    adapter = adapters_by_provider(open_adapters(load_channel_settings()))[kind.provider]

    result = await send_timed(adapter, adapter.prepare(letter_for(kind.channel)), MESSAGE_ID)
    await adapter.close()

    assert result.outcome is OutcomeClass.NOT_SENT
    assert world.accepted == []


@every_channel
async def test_the_adapter_works_on_after_trouble(world: World, kind: ChannelKind) -> None:
    """One connection's end, refusal or silence must not spoil the next letter."""
    trouble = [action for action, outcome in AFTER_A_FAULT.items() if outcome is not OutcomeClass.ACCEPTED]
    for action in trouble:
        world.providers.faults.add(Rule(action=action, times=1))
        await world.send(kind.provider, message_id=uuid5(MESSAGE_ID, f"bad {action}"))
        good = uuid5(MESSAGE_ID, f"good after {action}")

        assert (await world.send(kind.provider, message_id=good)).outcome is OutcomeClass.ACCEPTED
        assert world.accepted[-1] == good


@every_channel
async def test_many_at_once_reach_each_its_own_recipient(world: World, kind: ChannelKind) -> None:
    ids = [uuid5(MESSAGE_ID, str(number)) for number in range(40)]
    sent = {
        message_id: f"b{number}@example.com" if kind.channel is Channel.EMAIL else f"+346000001{number:02}"
        for number, message_id in enumerate(ids)
    }

    results = await asyncio.gather(*(world.send(kind.provider, message_id=i, to=to) for i, to in sent.items()))

    assert {result.outcome for result in results} == {OutcomeClass.ACCEPTED}
    assert {entry.message_id: entry.to for entry in world.log} == sent
    assert len(world.accepted) == len(ids)


@every_channel
async def test_a_refused_number_or_mailbox_is_marked_as_out_of_reach(world: World, kind: ChannelKind) -> None:
    world.providers.faults.add(Rule(action=Action.REJECT))

    result = await world.send(kind.provider)

    assert result.unreachable
    assert result.reason in (
        "smtp_550_5.1.1",
        "twilio_21211_invalid_number",
        "twilio_whatsapp_21211_invalid_number",
        "sms_http_invalid_number_invalid_number",
        "whatsapp_131026_undeliverable",
    )


@pytest.mark.parametrize("provider", ["twilio", "sms_http", "whatsapp"])
async def test_retry_after_is_honoured_and_bounded(world: World, provider: str) -> None:
    world.providers.faults.add(Rule(action=Action.THROTTLE_429, retry_after_seconds=7, times=1))
    world.providers.faults.add(Rule(action=Action.UNAVAILABLE_503, retry_after_seconds=10**8))

    first, second = await world.send(provider), await world.send(provider)

    assert first.retry_after == timedelta(seconds=7)
    assert second.retry_after == timedelta(hours=1)


async def test_mail_connections_are_used_again_and_a_stale_one_does_no_harm(world: World) -> None:
    opened_before = world.providers.smtp.sessions_opened
    for number in range(3):
        assert (await world.send("smtp", message_id=uuid5(MESSAGE_ID, str(number)))).outcome == "accepted"
    assert world.providers.smtp.sessions_opened == opened_before + 1

    await world.providers.smtp.cut_sessions()

    assert (await world.send("smtp")).outcome is OutcomeClass.ACCEPTED
    assert world.providers.smtp.sessions_opened == opened_before + 2
