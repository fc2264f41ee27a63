"""Every broker that can be had here, one after the other, for the same suite."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.backends.choose import BrokerKind, choose_broker
from sandbox.backends.servers import BackendUnavailable, Broker
from tests.support.backends import note


@pytest.fixture(scope="session", params=["embedded", "kafka", "docker"])
async def any_broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    """A broker of its own, because these tests stop and start it."""
    kind: BrokerKind = request.param
    try:
        async with choose_broker(tmp_path_factory.mktemp(kind), prefer=kind) as broker:
            note(request.config, f"broker suite: {broker.description}")
            yield broker
    except BackendUnavailable as error:
        pytest.skip(str(error))
