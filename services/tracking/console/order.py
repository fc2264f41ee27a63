"""One order on one screen: where it stands, its parcels, every step with what became of each message, every fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.tracking.api.answers import MessageAnswer, OrderAnswer, StepAnswer, TimelineEntry, WhyFact
from services.tracking.api.describe import describe_timeline, describe_why
from services.tracking.api.describe_order import describe_order
from services.tracking.api.status import WITHOUT_NUL
from services.tracking.console.desk import desk_of, screen
from services.tracking.queries import order_status, order_story

router = APIRouter()
Name = Annotated[str, Path(max_length=64, pattern=WITHOUT_NUL)]


@dataclass(frozen=True)
class Told:
    """One step and what became of each message about it. `step` is None for messages whose step is not recorded."""

    name: str
    occurrence: str
    parcel: str | None
    step: StepAnswer | None
    messages: Sequence[MessageAnswer]


@dataclass(frozen=True)
class Happened:
    """One fact and what followed from it."""

    fact: TimelineEntry
    why: WhyFact


@router.get("/orders/{shop}/{order_id}")
async def show_order(request: Request, shop: Name, order_id: Name) -> Response:
    desk = desk_of(request)
    async with desk.database.transaction() as tx:
        story, status = await order_story(tx, shop, order_id), await order_status(tx, shop, order_id)
    if story is None or status is None or shop not in desk.announcer.shops:
        return screen("absent.html", status=404, shop=shop, order_id=order_id)
    answer = describe_order(status, story.decision.standing, desk.announcer)
    entries, decisions = describe_timeline(story).entries, describe_why(story).decisions
    return screen(
        "order.html",
        order=answer,
        shop=desk.announcer.shops[shop],
        zone=story.decision.shop.zone,
        finished_at=story.finished_at,
        told=steps_with_messages(answer),
        happened=[Happened(entry, why) for entry, why in zip(entries, decisions, strict=True)],
    )


def steps_with_messages(order: OrderAnswer) -> list[Told]:
    """Every step in the order it was announced; then messages about steps that nobody recorded, for none may hide."""
    by_step: dict[tuple[str, str, str | None], list[MessageAnswer]] = {}
    for message in order.messages:
        by_step.setdefault((message.step, message.occurrence, message.parcel), []).append(message)
    told = [
        Told(step.step, step.occurrence, step.parcel, step, by_step.pop((step.step, step.occurrence, step.parcel), ()))
        for step in order.steps
    ]
    return told + [Told(*key, None, messages) for key, messages in by_step.items()]
