"""What providers tell us afterwards, in their own formats, turned into receipts. Pure: bytes in, receipts out.

The signature is checked on the raw bytes before anything is read. A status we do not know is counted and left out: it
never becomes a guess. Receipts come late, twice and in any order; the ledger only ever moves forward.
"""

from __future__ import annotations

from services.notifier.receipt_formats.dsn import parse_dsn
from services.notifier.receipt_formats.receipt import Malformed, Receipt
from services.notifier.receipt_formats.sendgrid import parse_sendgrid
from services.notifier.receipt_formats.ses import parse_ses
from services.notifier.receipt_formats.twilio import parse_twilio
from services.notifier.receipt_formats.whatsapp import parse_whatsapp, whatsapp_handshake
from shared.signatures import BadSignature

__all__ = [
    "BadSignature",
    "Malformed",
    "Receipt",
    "parse_dsn",
    "parse_sendgrid",
    "parse_ses",
    "parse_twilio",
    "parse_whatsapp",
    "whatsapp_handshake",
]
