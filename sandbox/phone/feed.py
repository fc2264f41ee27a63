"""From the providers' journals to the phones: each accepted message, then each change of its status."""

from __future__ import annotations

import asyncio

from sandbox.phone.mailroom import Mailroom
from sandbox.phone.messages import PhoneMessage
from sandbox.providers import AcceptLog, StatusLog


async def feed(mailroom: Mailroom, accept_log: AcceptLog, status_log: StatusLog, shop_name: str) -> None:
    """Runs until it is cancelled; starts with everything that is in the journals already."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_messages(mailroom, accept_log, shop_name))
        group.create_task(_statuses(mailroom, status_log))


async def _messages(mailroom: Mailroom, accept_log: AcceptLog, shop_name: str) -> None:
    async for accepted in accept_log.tail():
        mailroom.deliver(PhoneMessage.from_log(accepted, shop_name))


async def _statuses(mailroom: Mailroom, status_log: StatusLog) -> None:
    async for change in status_log.tail():
        mailroom.tell(change)
