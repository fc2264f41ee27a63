"""`python -m shared.messaging.topics`: makes every topic of the table and its dead-letter topic. Safe to run again."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.contracts.topics import DEAD_PARTITIONS, DEAD_RETENTION, SEGMENT, TOPICS, Topic
from shared.messaging.publish import MAX_REQUEST_BYTES

_ALREADY_EXISTS = TopicAlreadyExistsError.errno


def wanted_topics(partitions: int | None = None, replication: int = 1) -> list[NewTopic]:
    """Every topic with its settings; `partitions` overrides the table's number, for small machines."""
    wanted = []
    for topic in TOPICS:
        wanted.append(_new(topic.name, partitions or topic.partitions, replication, topic.retention))
        wanted.append(dead_topic(topic, min(partitions or DEAD_PARTITIONS, DEAD_PARTITIONS), replication))
    return wanted


def dead_topic(topic: Topic, partitions: int, replication: int) -> NewTopic:
    """It takes larger messages than others: whatever its source took, with the reason added."""
    return _new(topic.dead, partitions, replication, DEAD_RETENTION, {"max.message.bytes": str(MAX_REQUEST_BYTES)})


def _new(
    name: str,
    partitions: int,
    replication: int,
    retention: timedelta | None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> NewTopic:
    settings = dict(more)
    if retention is None:
        settings["cleanup.policy"] = "compact"
    else:
        settings |= {
            "cleanup.policy": "delete",
            "retention.ms": str(int(retention.total_seconds() * 1000)),
            "segment.ms": str(int(SEGMENT.total_seconds() * 1000)),
        }
    if replication > 2:
        settings["min.insync.replicas"] = "2"
    return NewTopic(name, num_partitions=partitions, replication_factor=replication, topic_configs=settings)


async def create_topics(bootstrap: str, partitions: int | None = None, replication: int = 1) -> None:
    """Create what is missing. Raises KafkaError naming what the broker refused."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics(wanted_topics(partitions, replication))
        for name, code, *_ in answer.topic_errors:
            if code not in (0, _ALREADY_EXISTS):
                raise KafkaError(f"topic {name}: {for_code(code).__name__}")
    finally:
        await admin.close()


def main() -> int:
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP")
    if not bootstrap:
        sys.stderr.write("cannot create topics: environment: KAFKA_BOOTSTRAP: Field required\n")
        return 78
    partitions = os.environ.get("TOPIC_PARTITIONS")
    replication = int(os.environ.get("TOPIC_REPLICATION", "1"))
    asyncio.run(create_topics(bootstrap, int(partitions) if partitions else None, replication))
    return 0


if __name__ == "__main__":
    sys.exit(main())
