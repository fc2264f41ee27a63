"""The console as an application of its own: no public ingress, and behind HTTP Basic so that any browser can open it.

User `ops`, password an operators' key. Searches travel in the body, never in an address: they hold personal data.
"""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from services.tracking.announce import Announcer
from services.tracking.console import order, orders, queues
from services.tracking.console.desk import Desk, add_assets
from shared.api_keys import Keys
from shared.database import Database
from shared.processes import Runtime
from shared.web import Problem, create_app

USER = "ops"
REALM = "Hito"
FORM_LIMIT_BYTES = 16 * 1024

_basic = HTTPBasic(realm=REALM)


def create_console(runtime: Runtime, database: Database, announcer: Announcer, keys: Keys) -> FastAPI:
    """An operators' key opens everything but /livez, /readyz, /metrics and the style sheets."""
    app = create_app("Hito console", runtime.health, body_limit_bytes=FORM_LIMIT_BYTES, documented=False)
    app.state.desk = Desk(database, announcer)
    app.state.keys = keys
    add_assets(app)
    for part in (orders, order, queues):
        app.include_router(part.router, dependencies=[Depends(_admit)], include_in_schema=False)
    return app


async def _admit(request: Request, given: Annotated[HTTPBasicCredentials, Depends(_basic)]) -> None:
    """Both are compared, in constant time, before either is judged."""
    right_user = hmac.compare_digest(given.username.encode(), USER.encode())
    right_key = request.app.state.keys.opens_ops(given.password)
    if not (right_user and right_key):
        detail = f"user {USER}, password an operators' key"
        raise Problem(401, "Unauthorized", detail, headers={"WWW-Authenticate": f'Basic realm="{REALM}"'})
