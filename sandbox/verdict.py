"""Asks the public API what became of each order, and puts it against the accept log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import httpx

from sandbox.beats import Plot
from sandbox.play import Quiet
from sandbox.providers import AcceptLog
from sandbox.received import OrderAnswer
from sandbox.report import Findings, check, heard_by_order, missing_from

PATIENCE = timedelta(seconds=40)
"""For what only a question to the carrier brings to light: one question a second is all that DHL allows."""
PAUSE = timedelta(milliseconds=500)
SIDE_BY_SIDE = 8


@dataclass(frozen=True)
class Inspector:
    """Reads orders as their shop would."""

    client: httpx.AsyncClient
    tracking_url: str
    shop: str
    api_key: str
    accept_log: AcceptLog

    async def read_orders(self, orders: Iterable[str]) -> dict[str, OrderAnswer]:
        """By order id; an order that is not found is left out. Raises httpx.HTTPError for any other failure."""
        room = asyncio.Semaphore(SIDE_BY_SIDE)

        async def read(order: str) -> OrderAnswer | None:
            async with room:
                answer = await self.client.get(
                    f"{self.tracking_url}/v1/shops/{self.shop}/orders/{order}",
                    headers={"authorization": f"Bearer {self.api_key}"},
                )
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            answer.raise_for_status()
            return OrderAnswer.model_validate_json(answer.content)

        answers = await asyncio.gather(*(read(order) for order in orders))
        return {answer.order_id: answer for answer in answers if answer is not None}

    async def until_complete(self, plots: Iterable[Plot], quiet: Quiet, patience: timedelta = PATIENCE) -> None:
        """Until nothing is missing any more, or patience ends; what is missing then is for `inspect` to say."""
        waiting = list(plots)
        deadline = asyncio.get_running_loop().time() + patience.total_seconds()
        while waiting:
            answers = await self.read_orders(plot.order_id for plot in waiting)
            received = heard_by_order(self.accept_log.read(), answers)
            waiting = [plot for plot in waiting if missing_from(plot, received.get(plot.order_id, ()))]
            if not waiting or asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(PAUSE.total_seconds())
            await quiet.until_quiet()

    async def inspect(self, plots: Iterable[Plot]) -> Findings:
        plots = tuple(plots)
        answers = await self.read_orders(plot.order_id for plot in plots)
        return check(plots, self.accept_log.read(), answers)
