"""PostgreSQL and Apache Kafka in containers, where a Docker engine answers. Images as in docker-compose.yml."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import docker  # type: ignore[import-untyped]
from docker.errors import DockerException  # type: ignore[import-untyped]
from sqlalchemy.engine import URL
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

from sandbox.backends.kafka_jars import kafka_version
from sandbox.backends.ports import free_port
from sandbox.backends.probe import broker_answers
from sandbox.backends.servers import KAFKAS_SHORTEST_SESSION, BackendUnavailable, PostgresServer

NAME = "Docker"
POSTGRES_IMAGE = "postgres:17"
_ASK_DEADLINE = timedelta(seconds=3)
_START_DEADLINE = timedelta(minutes=5)
_READY_DEADLINE = timedelta(seconds=60)
_POLL = timedelta(milliseconds=100)
_KAFKA_PORT = 9092
_KAFKA_SETTINGS = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_LISTENERS": f"PLAINTEXT://:{_KAFKA_PORT},CONTROLLER://:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
}


@dataclass(frozen=True)
class ContainerKafka:
    """Apache Kafka in a container."""

    bootstrap: str
    description: str
    supports_idempotence: bool = True
    shortest_session: timedelta = KAFKAS_SHORTEST_SESSION


async def require_docker() -> None:
    """Raises BackendUnavailable unless a Docker engine answers within seconds."""
    try:
        await asyncio.to_thread(_ping)
    except (DockerException, OSError) as error:
        raise BackendUnavailable(NAME, "no Docker engine answers") from error


def _ping() -> None:
    client = docker.from_env(timeout=int(_ASK_DEADLINE.total_seconds()))
    try:
        client.ping()
    finally:
        client.close()


@asynccontextmanager
async def docker_postgres() -> AsyncIterator[PostgresServer]:
    """PostgreSQL in a container, without fsync. Raises BackendUnavailable when it cannot be had."""
    await require_docker()
    password = secrets.token_urlsafe(24)
    container = PostgresContainer(POSTGRES_IMAGE, username="hito", password=password, dbname="postgres")
    container.with_command("postgres -c fsync=off -c max_connections=200")
    async with _running(container):
        host, port = container.get_container_host_ip(), int(container.get_exposed_port(5432))
        address = URL.create("postgresql+asyncpg", "hito", password, host, port, database="postgres")
        server = PostgresServer(address, "Docker, fsync off")
        await server.ask_version()
        yield server


@asynccontextmanager
async def docker_kafka() -> AsyncIterator[ContainerKafka]:
    """Apache Kafka in a container. Raises BackendUnavailable when it cannot be had."""
    await require_docker()
    container = DockerContainer(f"apache/kafka:{kafka_version()}")
    bootstrap = f"{container.get_container_host_ip()}:{free_port()}"
    port = int(bootstrap.rpartition(":")[2])
    container.with_envs(**_KAFKA_SETTINGS, KAFKA_ADVERTISED_LISTENERS=f"PLAINTEXT://{bootstrap}")
    container.with_bind_ports(_KAFKA_PORT, port)
    async with _running(container):
        await _until_ready(bootstrap)
        yield ContainerKafka(bootstrap, f"Apache Kafka {kafka_version()} (KRaft, Docker)")


@asynccontextmanager
async def _running(container: DockerContainer) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_START_DEADLINE.total_seconds()):
            await asyncio.to_thread(container.start)
    except (DockerException, OSError, TimeoutError) as error:
        raise BackendUnavailable(NAME, f"{container.image} does not start: {error}") from error
    try:
        yield
    finally:
        await asyncio.to_thread(container.stop)


async def _until_ready(bootstrap: str) -> None:
    try:
        async with asyncio.timeout(_READY_DEADLINE.total_seconds()):
            while True:
                if await broker_answers(bootstrap):
                    return
                await asyncio.sleep(_POLL.total_seconds())
    except TimeoutError as error:
        raise BackendUnavailable(NAME, f"Kafka at {bootstrap} does not answer") from error
