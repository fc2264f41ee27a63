"""The console as an application of its own: no public ingress, and behind HTTP Basic so that any browser can open it.

User `ops`, password the operators' key. Searches travel in the body, never in an address: they hold personal data.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from services.tracking.announce import Announcer
from services.tracking.console import order, orders, queues
from services.tracking.console.desk import Desk, add_assets
from shared.database import Database
from shared.processes import Runtime
from shared.web import Problem, create_app

USER = "ops"
REALM = "Hito"
FORM_LIMIT_BYTES = 16 * 1024

_basic = HTTPBasic(realm=REALM)


def create_console(runtime: Runtime, database: Database, announcer: Announcer, ops_key: str) -> FastAPI:
    """`ops_key` opens everything but /livez, /readyz, /metrics and the style sheets."""
    app = create_app("Hito console", runtime.health, body_limit_bytes=FORM_LIMIT_BYTES)
    app.state.desk = Desk(database, announcer)
    app.state.ops_key = _hash(ops_key)
    add_assets(app)
    for part in (orders, order, queues):
        app.include_router(part.router, dependencies=[Depends(_admit)], include_in_schema=False)
    return app


async def _admit(request: Request, given: Annotated[HTTPBasicCredentials, Depends(_basic)]) -> None:
    """Both are compared, in constant time, before either is judged."""
    right_user = hmac.compare_digest(_hash(given.username), _hash(USER))
    right_key = hmac.compare_digest(_hash(given.password), request.app.state.ops_key)
    if not (right_user and right_key):
        detail = f"user {USER}, password the operators' key"
        raise Problem(401, "Unauthorized", detail, headers={"WWW-Authenticate": f'Basic realm="{REALM}"'})


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()
