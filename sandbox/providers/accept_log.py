"""What the providers accepted, so what buyers got: one line per message, and one per change of its status.

Checks of the product are made against these files, never against what the product says of itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from sandbox.providers.journal import Journal, read_entries
from shared.contracts.vocabulary import Channel


class Accepted(BaseModel):
    """One message that a provider took. `to` is the envelope's recipient or the number, `sha256` of the raw body.

    `message_id` is the sender's own id as it came in the provider's echo field. `text` of a WhatsApp message is the
    template with its parameters filled in, as the buyer reads it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    provider: str
    channel: Channel
    to: str
    sender: str
    message_id: UUID | None = None
    provider_message_id: str
    sha256: str
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    template: str | None = None
    language: str | None = None
    parameters: tuple[str, ...] | None = None


class StatusChange(BaseModel):
    """What the provider knows of a message it accepted: sent, delivered, read, failed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    provider: str
    provider_message_id: str
    message_id: UUID | None = None
    status: str
    code: int | None = None


class AcceptLog(Journal[Accepted]):
    def __init__(self, path: Path) -> None:
        super().__init__(path, Accepted)


class StatusLog(Journal[StatusChange]):
    def __init__(self, path: Path) -> None:
        super().__init__(path, StatusChange)


def read(path: Path) -> Iterator[Accepted]:
    """The messages of an accept log, oldest first."""
    return read_entries(path, Accepted)


def sha256_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def uuid_or_none(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
