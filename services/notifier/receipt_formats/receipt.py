"""What every provider's report is turned into, whatever format it came in, and the words all formats share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict

from services.notifier.channels.base import ProviderError
from shared.contracts.vocabulary import Verdict

RECEIPTS_IGNORED = Counter("otn_receipts_ignored_total", "Receipts with a status we do not know", ["provider"])
_STABLE_WORD = re.compile(r"[^A-Za-z0-9.]+")


class Malformed(Exception):
    """Signed, but not in the provider's format. The text says what is missing; it quotes nothing."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """`message_id` comes from our own echo, so it is known even when the provider's id is not stored yet.

    `unreachable`: the channel does not reach this address, now or later. `complaint`: the buyer called it spam.
    """

    message_id: UUID | None
    provider_message_id: str | None
    verdict: Verdict
    reason: str
    at: datetime
    unreachable: bool = False
    complaint: bool = False


class Tolerant(BaseModel):
    """A part of a provider's JSON: fields that we do not know are nobody's fault."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def ignored(provider: str) -> None:
    """Count one report that says nothing we act upon."""
    RECEIPTS_IGNORED.labels(provider).inc()


def reason_by_code(
    provider: str, status: str, verdict: Verdict, code: str, errors: Mapping[int, ProviderError]
) -> tuple[str, bool]:
    """The reason for a verdict, and whether the address is out of reach, by the provider's own error code."""
    if verdict is not Verdict.FAILED or not (code.isascii() and code.isdigit() and 0 < len(code) <= 9):
        return f"{provider}_{status}", False
    row = errors.get(int(code))
    return (f"{provider}_{code}_{row.words}", row.unreachable) if row else (f"{provider}_{code}", False)


def stable_word(text: str) -> str:
    """A provider's own label as part of a reason: `Mailbox Full` becomes `mailbox_full`; at most 40 characters."""
    return _STABLE_WORD.sub("_", text.strip()).strip("_").lower()[:40] or "unnamed"


def uuid_or_none(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        return None


def instant(seconds: str, now: datetime) -> datetime:
    """Unix seconds. A time that is none, or lies ahead of us, is `now`."""
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11):
        return now
    return min(datetime.fromtimestamp(int(seconds), UTC), now)
