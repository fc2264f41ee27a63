"""Words from shops, carriers and buyers on a real wire: one envelope, one recipient, whatever they say."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.providers import Action, Rule
from services.notifier.channels.base import OutcomeClass
from tests.support.channel_world import World
from tests.support.letters import MESSAGE_ID, email_letter, sms_letter, whatsapp_letter

HOSTILE = st.one_of(
    st.text(max_size=120),
    st.text(alphabet="a\r\n.\x00\u2028<>@,;\"'\\=?&%+ñ漢 \u202e", max_size=120),
    st.sampled_from(
        ["\r\n.\r\nMAIL FROM:<thief@x.io>\r\n", ".\r\n", "\n.\n", "&To=%2B34999999999", '"},"to":"+34999999999"']
    ),
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.tuples(*[HOSTILE] * 5))
async def test_an_email_is_one_envelope_with_one_recipient(world: World, words: tuple[str, ...]) -> None:
    subject, name, shop, text, html = words
    already = world.providers.accept_log.position
    email = world.adapters["smtp"]
    letter = email_letter(subject=f"A {subject}", recipient_name=name, shop_name=shop, text=text, html=html)
    request = email.prepare(letter)

    result = await email.send(request, MESSAGE_ID)

    [entry] = world.providers.accept_log.read(since=already)
    assert result.outcome is OutcomeClass.ACCEPTED
    assert (entry.to, entry.sender) == ("lucia@example.com", "pedidos@sandbox.example")
    assert entry.sha256 == request.sha256


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=HOSTILE)
async def test_a_text_message_goes_to_its_number_alone(world: World, words: str) -> None:
    already = world.providers.accept_log.position
    if not world.providers.faults.rules:
        world.providers.faults.add(Rule(action=Action.RECEIPT_LOST))
    sms, whatsapp = world.adapters["twilio"], world.adapters["whatsapp"]

    await sms.send(sms.prepare(sms_letter(text=f"A {words}")), MESSAGE_ID)
    await whatsapp.send(whatsapp.prepare(whatsapp_letter(parameters=(f"A {words}", "B"))), MESSAGE_ID)

    assert [entry.to for entry in world.providers.accept_log.read(since=already)] == ["+34600000001", "+34600000001"]
