"""One accepted message as a phone shows it. Made from a line of the accept log and from nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.providers import Accepted, StatusChange
from shared.contracts.vocabulary import Channel

_LINK = re.compile(r"https?://[^\s<>\"]+")
_TRACKING = re.compile(r"/t/[A-Za-z0-9_-]{8,}")
_TRAILING = ".,;:!?)»”"
_STATUSES = ("sent", "failed", "delivered", "read")
SNIPPET_LENGTH = 140


@dataclass(frozen=True)
class PhoneMessage:
    """`status` is the last word the provider has given: sent, delivered or read."""

    id: str
    channel: Channel
    address: str
    at: datetime
    provider: str
    sender: str
    subject: str | None
    text: str
    html: str | None
    template: str | None
    sha256: str
    status: str = "sent"

    @classmethod
    def from_log(cls, accepted: Accepted, shop_name: str) -> PhoneMessage:
        """`shop_name` is what an inbox and a WhatsApp profile show; an SMS has nothing but its sender's number."""
        return cls(
            id=accepted.provider_message_id,
            channel=accepted.channel,
            address=accepted.to,
            at=accepted.at,
            provider=accepted.provider,
            sender=accepted.sender if accepted.channel is Channel.SMS else shop_name,
            subject=accepted.subject,
            text=accepted.text or "",
            html=accepted.html,
            template=accepted.template,
            sha256=accepted.sha256,
        )

    def after(self, change: StatusChange) -> PhoneMessage:
        """The message with its newer status; a status never goes back."""
        return replace(self, status=change.status) if _rank(change.status) > _rank(self.status) else self

    @property
    def tracking_url(self) -> str | None:
        """The buyer's page this message points to."""
        return next((link for link in links_in(self.text) if _TRACKING.search(link)), None)

    @property
    def snippet(self) -> str:
        """The first words, on one line."""
        words = " ".join(self.text.split())
        return words if len(words) <= SNIPPET_LENGTH else words[: SNIPPET_LENGTH - 1].rstrip() + "…"

    def as_json(self) -> dict[str, Any]:
        """What the page gets. The HTML is fetched apart, into its own sandboxed frame."""
        return {
            "id": self.id,
            "channel": self.channel.value,
            "at": self.at.isoformat(),
            "provider": self.provider,
            "sender": self.sender,
            "subject": self.subject,
            "text": self.text,
            "snippet": self.snippet,
            "html": self.html is not None,
            "template": self.template,
            "sha256": self.sha256,
            "status": self.status,
            "tracking": self.tracking_url,
        }


def _rank(status: str) -> int:
    return _STATUSES.index(status) if status in _STATUSES else -1


def links_in(text: str) -> tuple[str, ...]:
    """Every http(s) link, without the punctuation that a sentence puts after it."""
    return tuple(dict.fromkeys(link.rstrip(_TRAILING) for link in _LINK.findall(text)))
