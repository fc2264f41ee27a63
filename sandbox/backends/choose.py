"""The best PostgreSQL and the best broker that are to be had here.

In this order: an address that is given; Docker; for the broker an Apache Kafka fetched by Maven; embedded. What is
passed over is told with its reason. With `prefer` there is no second choice. Docker's libraries, slow to import, are
imported only when it is Docker's turn.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

from aiokafka.errors import KafkaError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from sandbox.backends.kafka import local_kafka
from sandbox.backends.postgres import embedded_postgres
from sandbox.backends.probe import broker_answers, gives_producer_ids
from sandbox.backends.servers import KAFKAS_SHORTEST_SESSION, BackendUnavailable, Broker, PostgresServer
from sandbox.backends.tansu import embedded_tansu

DATABASE_VARIABLE = "HITO_TEST_DATABASE_URL"
BROKER_VARIABLE = "HITO_TEST_KAFKA"

PostgresKind = Literal["given", "docker", "embedded"]
BrokerKind = Literal["given", "docker", "kafka", "embedded"]
POSTGRES_KINDS: tuple[PostgresKind, ...] = ("given", "docker", "embedded")
BROKER_KINDS: tuple[BrokerKind, ...] = ("given", "docker", "kafka", "embedded")

Kind = TypeVar("Kind", PostgresKind, BrokerKind)
Server = TypeVar("Server")
Tell = Callable[[str], None]


def _say_nothing(_: str) -> None:
    return


@dataclass(frozen=True)
class GivenBroker:
    """A broker that somebody else runs."""

    bootstrap: str
    supports_idempotence: bool
    shortest_session: timedelta = KAFKAS_SHORTEST_SESSION

    @property
    def description(self) -> str:
        return f"broker at {self.bootstrap} (given{'' if self.supports_idempotence else ', no idempotent producer'})"


@asynccontextmanager
async def choose_postgres(
    folder: Path,
    *,
    prefer: PostgresKind | None = None,
    durable: bool = True,
    environment: Mapping[str, str] = os.environ,
    tell: Tell = _say_nothing,
) -> AsyncIterator[PostgresServer]:
    """A PostgreSQL server; `folder` holds the data of an embedded one. Raises BackendUnavailable when there is none."""

    def start(kind: PostgresKind) -> AbstractAsyncContextManager[PostgresServer]:
        match kind:
            case "given":
                return given_postgres(environment)
            case "docker":
                from sandbox.backends.docker import docker_postgres

                return docker_postgres()
            case "embedded":
                return embedded_postgres(folder, durable=durable)

    async with _first(POSTGRES_KINDS if prefer is None else (prefer,), start, tell) as server:
        yield server


@asynccontextmanager
async def choose_broker(
    folder: Path,
    *,
    prefer: BrokerKind | None = None,
    environment: Mapping[str, str] = os.environ,
    tell: Tell = _say_nothing,
) -> AsyncIterator[Broker]:
    """A broker; `folder` holds what a local one keeps. Raises BackendUnavailable when there is none."""

    def start(kind: BrokerKind) -> AbstractAsyncContextManager[Broker]:
        match kind:
            case "given":
                return given_broker(environment)
            case "docker":
                from sandbox.backends.docker import docker_kafka

                return docker_kafka()
            case "kafka":
                return local_kafka(folder)
            case "embedded":
                return embedded_tansu(folder)

    async with _first(BROKER_KINDS if prefer is None else (prefer,), start, tell) as broker:
        yield broker


@asynccontextmanager
async def _first(
    kinds: tuple[Kind, ...], start: Callable[[Kind], AbstractAsyncContextManager[Server]], tell: Tell
) -> AsyncIterator[Server]:
    async with AsyncExitStack() as stack:
        server: Server | None = None
        for kind in kinds:
            try:
                server = await stack.enter_async_context(start(kind))
                break
            except BackendUnavailable as error:
                if kind == kinds[-1]:
                    raise
                tell(str(error))
        assert server is not None
        yield server


@asynccontextmanager
async def given_postgres(environment: Mapping[str, str]) -> AsyncIterator[PostgresServer]:
    """The server of HITO_TEST_DATABASE_URL; its user must be allowed to create databases."""
    url = environment.get(DATABASE_VARIABLE)
    if not url:
        raise BackendUnavailable("given PostgreSQL", f"{DATABASE_VARIABLE} is not set")
    try:
        server = PostgresServer(make_url(url).set(drivername="postgresql+asyncpg"), "given")
        await server.ask_version()
    except ArgumentError as error:
        raise ValueError(f"{DATABASE_VARIABLE} is not a URL like postgresql://user:password@host:port/name") from error
    except (OSError, SQLAlchemyError) as error:
        raise ConnectionError(f"no PostgreSQL at the address in {DATABASE_VARIABLE}: {type(error).__name__}") from error
    yield server


@asynccontextmanager
async def given_broker(environment: Mapping[str, str]) -> AsyncIterator[Broker]:
    """The broker of HITO_TEST_KAFKA (`host:port`)."""
    bootstrap = environment.get(BROKER_VARIABLE)
    if not bootstrap:
        raise BackendUnavailable("given broker", f"{BROKER_VARIABLE} is not set")
    if not bootstrap.rpartition(":")[2].isdecimal():
        raise ValueError(f"{BROKER_VARIABLE} is {bootstrap!r}: write host:port")
    if not await broker_answers(bootstrap):
        raise ConnectionError(f"no broker answers at {bootstrap} ({BROKER_VARIABLE})")
    try:
        able = await gives_producer_ids(bootstrap)
    except KafkaError as error:
        raise ConnectionError(f"the broker at {bootstrap} ({BROKER_VARIABLE}) went away: {error}") from error
    yield GivenBroker(bootstrap, able)
