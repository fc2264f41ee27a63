"""What one person received, side by side with what the product says it sent: the join that all checks start from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from sandbox.beats import Hears
from sandbox.providers import Accepted
from shared.contracts.vocabulary import Channel, Step, Verdict

_UNSEEN = re.compile(r"<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")


class Told(BaseModel):
    """One message in the answer of the orders endpoint, as much of it as the checks need."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    step: Step
    occurrence: str
    parcel: str | None
    recipient: str
    channel: Channel
    verdict: Verdict
    reason: str


class OrderAnswer(BaseModel):
    """The answer of `GET /v1/shops/{shop}/orders/{order}`, as much of it as the checks need."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    order_id: str
    state: str
    tracking_url: str
    messages: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Received:
    """A message in somebody's hands, and what the product calls it."""

    accepted: Accepted
    told: Told

    @property
    def heard(self) -> Hears:
        parcel = self.told.parcel if self.told.step.about_parcel else None
        return Hears(self.told.step, parcel, self.accepted.channel, self.accepted.to)

    @property
    def identity(self) -> tuple[str, str, str | None, Channel, str]:
        """Two with the same identity are one message received twice."""
        told = self.told
        return (told.step, told.occurrence, told.parcel, self.accepted.channel, self.accepted.to)

    @property
    def bodies(self) -> dict[str, str]:
        """Each body that was received, as its reader sees it."""
        found = {"text": self.accepted.text or ""}
        if self.accepted.html is not None:
            found["html"] = seen_in(self.accepted.html)
        return found

    def contains_link(self, link: str) -> bool:
        """In each body; in HTML a link's target counts."""
        html = self.accepted.html
        return link in (self.accepted.text or "") and (html is None or link in unescape(html))


def seen_in(html: str) -> str:
    """The words of a page, without its markup."""
    return unescape(_TAG.sub(" ", _UNSEEN.sub(" ", html)))
