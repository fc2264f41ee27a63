"""The yardstick for status reads: FastAPI and asyncpg, one select by key, the answer stored as it is sent.

`python -m tests.bench.tracking.bare_status` with DATABASE_URL and PORT set; served with the settings of our own API.
"""

from __future__ import annotations

import asyncio
import os
import signal

import asyncpg
import uvloop
from fastapi import FastAPI, HTTPException, Response

from sandbox.backends.ports import LOOPBACK
from shared.processes import Runtime, serve
from tests.bench.tracking.addresses import plain_address

SCHEMA = "CREATE TABLE answers (shop text, id text, body text NOT NULL, PRIMARY KEY (shop, id))"
POOL_SIZE = 8
_ANSWER = "SELECT body FROM answers WHERE shop = $1 AND id = $2"


def bare_app(pool: asyncpg.Pool) -> FastAPI:
    app = FastAPI()

    @app.get("/v1/shops/{shop}/orders/{order}")
    async def read_order(shop: str, order: str) -> Response:
        body = await pool.fetchval(_ANSWER, shop, order)
        if body is None:
            raise HTTPException(404)
        return Response(body, media_type="application/json")

    return app


async def serve_bare(url: str, port: int) -> None:
    """Until SIGTERM."""
    runtime = Runtime("bare", ("status",))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, runtime.stop.set)
    async with asyncpg.create_pool(plain_address(url), min_size=POOL_SIZE, max_size=POOL_SIZE) as pool:
        await serve(bare_app(pool), runtime, LOOPBACK, port)


if __name__ == "__main__":
    uvloop.run(serve_bare(os.environ["DATABASE_URL"], int(os.environ["PORT"])))
