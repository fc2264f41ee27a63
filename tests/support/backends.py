"""One PostgreSQL and one broker for a test run, started when the first test asks, and named at its end.

`HITO_TEST_DATABASE_URL` and `HITO_TEST_KAFKA` name servers to use; `HITO_TEST_POSTGRES` (given, docker, embedded) and
`HITO_TEST_BROKER` (given, docker, kafka, embedded) force a kind. Topics of one run are shared: a test takes its own
consumer group, or topics of its own.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from sandbox.backends.choose import BROKER_KINDS, POSTGRES_KINDS, choose_broker, choose_postgres
from sandbox.backends.servers import Broker, PostgresServer

__all__ = ["broker", "consumer_group", "database", "fresh_database", "new_topic", "postgres"]

Kind = TypeVar("Kind", bound=str)
BACKEND_LINES = pytest.StashKey[list[str]]()
FreshDatabase = Callable[..., Awaitable[str]]
NewTopicMaker = Callable[..., Awaitable[str]]


def note(config: pytest.Config, line: str) -> None:
    """Keep a line for the end of the run."""
    config.stash.setdefault(BACKEND_LINES, []).append(line)


def forced_kind(variable: str, kinds: tuple[Kind, ...]) -> Kind | None:
    """The kind that the variable forces, or None. Raises pytest.UsageError for a word that is no kind."""
    word = os.environ.get(variable)
    if not word:
        return None
    for kind in kinds:
        if kind == word:
            return kind
    raise pytest.UsageError(f"{variable}={word!r}: use one of {', '.join(kinds)}")


@pytest.fixture(scope="session")
async def postgres(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> AsyncIterator[PostgresServer]:
    """The server of this run; its databases do not outlive it unless somebody else runs it."""
    async with choose_postgres(
        tmp_path_factory.mktemp("postgres"),
        prefer=forced_kind("HITO_TEST_POSTGRES", POSTGRES_KINDS),
        durable=False,
        tell=lambda reason: note(pytestconfig, f"  passed over: {reason}"),
    ) as server:
        note(pytestconfig, f"database: {server.description}")
        yield server


@pytest.fixture(scope="session")
async def broker(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> AsyncIterator[Broker]:
    """The broker of this run, without topics."""
    async with choose_broker(
        tmp_path_factory.mktemp("broker"),
        prefer=forced_kind("HITO_TEST_BROKER", BROKER_KINDS),
        tell=lambda reason: note(pytestconfig, f"  passed over: {reason}"),
    ) as server:
        note(pytestconfig, f"broker: {server.description}")
        yield server


@pytest.fixture
async def fresh_database(postgres: PostgresServer) -> AsyncIterator[FreshDatabase]:
    """`await fresh_database()` or `await fresh_database("template")` -> URL of a database that goes with the test."""
    made: list[str] = []

    async def make(template: str | None = None) -> str:
        name = f"test_{uuid4().hex}"
        url = await postgres.create_database(name, template)
        made.append(name)
        return url

    yield make
    for name in made:
        await postgres.drop_database(name)


@pytest.fixture
async def database(fresh_database: FreshDatabase) -> str:
    """URL of an empty database for this test alone."""
    return await fresh_database()


@pytest.fixture
def consumer_group() -> str:
    """A consumer group that nobody has used."""
    return f"test-{uuid4().hex}"


@pytest.fixture
def new_topic(broker: Broker) -> NewTopicMaker:
    """`await new_topic(partitions=3, **settings)` -> the name of a topic that is there, empty, for this test alone."""

    async def make(partitions: int = 1, **settings: str) -> str:
        return await make_topic(broker.bootstrap, partitions, **settings)

    return make


async def make_topic(bootstrap: str, partitions: int, **settings: str) -> str:
    """Create a topic of a new name; dots in the names of settings are written as underscores."""
    name = f"test-{uuid4().hex}"
    configs = {setting.replace("_", "."): value for setting, value in settings.items()}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
        assert [error[1] for error in answer.topic_errors] == [0], answer.topic_errors
    finally:
        await admin.close()
    return name
