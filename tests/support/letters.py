"""A letter as the notifier hands it to a channel; a test says only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from services.notifier.channels.base import Letter
from services.notifier.render import Rendered
from services.notifier.wording.whatsapp_templates import TemplateCall
from shared.contracts.vocabulary import Channel

MESSAGE_ID = UUID("5f0c9a52-7d0b-4a43-9d3e-2f6b1c8e4a11")
NOW = datetime(2026, 3, 24, 9, 30, tzinfo=UTC)

TEMPLATE = {
    "name": "hito_shipped",
    "language": "es",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "Tu paquete {{1}} va de camino con {{2}}. Gracias.",
            "example": {"body_text": [["GM-0001", "Mensajería Faro"]]},
        }
    ],
}
"""What has to be registered with WhatsApp for `whatsapp_letter`."""


def email_letter(
    *,
    subject: str = "Tu pedido está en camino",
    text: str = "Hola, Lucía:\n\nTu paquete GM-0001 va de camino.\n",
    html: str | None = "<p>Hola, Lucía:</p><p>Tu paquete GM-0001 va de camino.</p>",
    address: str = "lucia@example.com",
    recipient_name: str | None = "Lucía Prado",
    shop_name: str = "Librería Faro",
    sender_email: str | None = "pedidos@libreriafaro.example",
    message_id: UUID = MESSAGE_ID,
    thread: str = "demo/A-1001",
) -> Letter:
    rendered = Rendered(channel=Channel.EMAIL, language="es", subject=subject, text=text, html=html)
    return Letter(
        message_id=message_id,
        thread=thread,
        address=address,
        recipient_name=recipient_name,
        rendered=rendered,
        shop_name=shop_name,
        sender_email=sender_email,
        reply_to="hola@libreriafaro.example",
        now=NOW,
    )


def sms_letter(
    *, text: str = "Tu paquete GM-0001 va de camino.", address: str = "+34600000001", message_id: UUID = MESSAGE_ID
) -> Letter:
    return _phone_letter(Rendered(Channel.SMS, "es", None, text), address, message_id)


def whatsapp_letter(
    *,
    parameters: tuple[str, ...] = ("GM-0001", "Mensajería Faro"),
    address: str = "+34600000001",
    message_id: UUID = MESSAGE_ID,
    name: str = "hito_shipped",
) -> Letter:
    call = TemplateCall(name, "es", parameters)
    return _phone_letter(Rendered(Channel.WHATSAPP, "es", None, "", template=call), address, message_id)


def letter_for(channel: Channel, *, message_id: UUID = MESSAGE_ID, address: str | None = None) -> Letter:
    """A good letter for this channel."""
    match channel:
        case Channel.EMAIL:
            return email_letter(message_id=message_id, address=address or "lucia@example.com")
        case Channel.SMS:
            return sms_letter(message_id=message_id, address=address or "+34600000001")
        case Channel.WHATSAPP:
            return whatsapp_letter(message_id=message_id, address=address or "+34600000001")


def _phone_letter(rendered: Rendered, address: str, message_id: UUID) -> Letter:
    return Letter(message_id, "demo/A-1001", address, "Lucía Prado", rendered, "Librería Faro", None, None, NOW)
