"""`gateway.polls.v1`: the poller's memory of one parcel. Compacted, with the key and the partitions of the watches.

A record is written before its question goes out, so that what is remembered is never less than what was asked; and
again after an answer that changed something.
"""

from __future__ import annotations

from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import Field, StringConstraints

from shared.contracts.base import CarrierId, Contract, Instant, Reference, rfc3339
from shared.contracts.shipments import Eta
from shared.contracts.vocabulary import Stage

_NAMESPACE = uuid5(NAMESPACE_URL, "hito:poll")
MOST_MARKS = 300

Mark = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
"""A digest of something that was told."""


class Poll(Contract):
    """The last question about one parcel, and what is known since.

    `nth`: it was the carrier's nth question on its day (UTC) among all parcels of this partition. `answered_at`: when
    the carrier last said anything of this parcel. `failures`: how many questions since went unanswered. `news_at`: when
    the newest event happened. `told`: what has been published of it. `given_up_at`: nothing was new for so long that it
    is not asked about any more.
    """

    carrier: CarrierId
    reference: Reference
    asked_at: Instant
    nth: int = Field(ge=1)
    answered_at: Instant | None = None
    failures: int = Field(default=0, ge=0)
    stage: Stage | None = None
    eta: Eta | None = None
    news_at: Instant | None = None
    told: tuple[Mark, ...] = Field(default=(), max_length=MOST_MARKS)
    given_up_at: Instant | None = None

    @property
    def key(self) -> str:
        return f"{self.carrier}/{self.reference}"

    @property
    def event_id(self) -> UUID:
        return uuid5(_NAMESPACE, f"{self.key}\x1f{rfc3339(self.asked_at)}\x1f{self.nth}")
