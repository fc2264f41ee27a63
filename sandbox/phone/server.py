"""The phone page, running beside the providers whose journals it shows."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox.people import PEOPLE
from sandbox.phone.address_book import AddressBook
from sandbox.phone.app import phone_app
from sandbox.phone.feed import feed
from sandbox.phone.mailroom import Mailroom
from sandbox.providers import Providers
from sandbox.providers.http_server import HttpServer, listen


@asynccontextmanager
async def running_phone(outside: Providers, shop_name: str, port: int) -> AsyncIterator[None]:
    """Serves on 127.0.0.1:`port` until the block ends. Raises OSError when the port is taken."""
    mailroom = Mailroom(AddressBook(PEOPLE, secrets.token_bytes(16)))
    server = HttpServer(phone_app(mailroom), listen(port))
    feeding = asyncio.create_task(feed(mailroom, outside.accept_log, outside.status_log, shop_name), name="phone feed")
    server.start()
    try:
        yield
    finally:
        mailroom.close()
        await server.stop()
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await feeding
