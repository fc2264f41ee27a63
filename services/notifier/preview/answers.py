"""What `POST /v1/preview` takes and answers."""

from __future__ import annotations

from uuid import UUID

from services.notifier.wording.gsm7 import Alphabet
from shared.contracts.base import Contract, Instant, ShortText
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step, Verdict


class Asked(Contract):
    """The step, and what of it is wanted: everything when nothing else is said. `at`: as if it were then, else now."""

    step: StepReached
    recipient: ShortText | None = None
    channel: Channel | None = None
    at: Instant | None = None


class SmsCost(Contract):
    """`units` are septets in GSM-7 and UTF-16 code units in UCS-2."""

    alphabet: Alphabet
    units: int
    segments: int


class Template(Contract):
    """The WhatsApp template that is called, and the values of {{1}}, {{2}}..."""

    name: str
    language: str
    parameters: tuple[str, ...]


class Written(Contract):
    """`request` is the body that goes to `provider`, in base64; `sha256` is of its bytes, as the ledger keeps it.

    `composed_at` is the date an e-mail bears: when it would be written, at the end of the quiet hours for one.
    """

    composed_at: Instant
    language: str
    provider: str
    request: str
    sha256: str
    size_bytes: int
    subject: str | None
    text: str
    html: str | None
    sms: SmsCost | None
    template: Template | None


class PreviewedMessage(Contract):
    """One recipient on one channel. `written` where the verdict is `planned`; `detail` where it cannot be written."""

    id: UUID
    recipient: str
    channel: Channel
    verdict: Verdict
    reason: str
    not_before: Instant
    expires_at: Instant
    detail: str | None = None
    written: Written | None = None


class Preview(Contract):
    """What this step would bring about, recipient by recipient and channel by channel."""

    shop: str
    order_id: str
    step: Step
    id: UUID
    at: Instant
    messages: tuple[PreviewedMessage, ...]
