"""The long-lived things a request may use, opened once and typed."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request

from services.tracking.announce import Announcer
from shared.api_keys import Keys
from shared.database import Database
from shared.messaging.group_lag import GroupLag
from shared.messaging.publish import Publisher


@dataclass(frozen=True)
class ApiState:
    database: Database
    publisher: Publisher
    announcer: Announcer
    keys: Keys
    group_lag: GroupLag


def attach(app: FastAPI, state: ApiState) -> None:
    app.state.api = state


def state_of(request: Request) -> ApiState:
    state = request.app.state.api
    assert isinstance(state, ApiState)
    return state
