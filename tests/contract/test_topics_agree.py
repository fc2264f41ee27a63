"""Topics are made by one command from one table; no broker makes one by itself, with defaults that lose data."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta

import pytest

from shared.contracts.topics import DEAD_RETENTION, GATEWAY_POLLS, SEGMENT, TOPICS, TRACKING_WATCHES, Topic
from shared.messaging.topics import wanted_topics
from tests.support.deployment import (
    SERVICES,
    compose,
    container_of,
    objects,
    our_compose_services,
    our_workloads,
    workloads,
)

COMMAND = ["python", "-m", "shared.messaging.topics", "create"]
needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="not run: kubectl absent")


def test_compose_creates_the_topics_with_the_command_that_the_image_ships() -> None:
    job = our_compose_services()["topics"]
    assert [*job["entrypoint"], *job["command"]] == COMMAND


@needs_kubectl
@pytest.mark.parametrize("name", ["local", "production"])
def test_kubernetes_creates_the_topics_with_the_same_command(name: str) -> None:
    (job,) = [container_of(item) for item in our_workloads(name, "Job") if item["metadata"]["name"] == "topics"]
    assert [*job["command"], *job["args"]] == COMMAND


def test_the_command_asks_for_every_topic_of_the_table_and_its_dead_letters_and_no_other() -> None:
    asked = {topic.name: topic.topic_configs.get("retention.ms") for topic in wanted_topics()}
    dead = str(int(DEAD_RETENTION.total_seconds() * 1000))
    kept = {topic.name: topic.retention and str(int(topic.retention.total_seconds() * 1000)) for topic in TOPICS}
    assert asked == kept | {topic.dead: dead for topic in TOPICS}


@needs_kubectl
def test_production_keeps_three_copies_so_that_one_broker_may_be_away() -> None:
    (settings,) = [item["data"] for item in objects("production", "ConfigMap") if "KAFKA_BOOTSTRAP" in item["data"]]
    copies = int(settings["TOPIC_REPLICATION"])
    assert copies >= 3
    assert {topic.topic_configs["min.insync.replicas"] for topic in wanted_topics(replication=copies)} == {"2"}


def test_the_broker_of_compose_makes_no_topic_by_itself() -> None:
    assert compose()["services"]["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


@needs_kubectl
def test_the_local_broker_of_kubernetes_makes_no_topic_by_itself() -> None:
    (kafka,) = [container_of(item) for item in workloads("local") if item["metadata"]["name"] == "kafka"]
    assert {"name": "KAFKA_AUTO_CREATE_TOPICS_ENABLE", "value": "false"} in kafka["env"]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_is_versioned_keyed_and_kept_long_enough_to_mend_a_weekend(topic: Topic) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+\.v[1-9]", topic.name)
    assert topic.key in ("shop/order", "carrier/reference")
    assert topic.partitions >= 1
    assert topic.retention is None or topic.retention >= timedelta(days=7)
    assert set(topic.producers) <= {"shop", *SERVICES}
    assert set(topic.consumers) <= set(SERVICES)
    assert topic.producers
    assert topic.consumers


def test_no_two_topics_share_a_name_or_a_type() -> None:
    names = [name for topic in TOPICS for name in (topic.name, topic.dead)]
    assert len(names) == len(set(names))
    assert len({topic.event_type for topic in TOPICS}) == len(TOPICS)


def test_a_dead_letter_outlives_the_message_it_was() -> None:
    assert all(topic.retention < DEAD_RETENTION for topic in TOPICS if topic.retention)


def test_only_the_current_state_of_a_parcel_and_what_was_erased_are_kept_for_good() -> None:
    assert {topic.name for topic in TOPICS if topic.retention is None} == {
        "tracking.watches.v1",
        "gateway.polls.v1",
        "tracking.erasures.v1",
        "notifier.erasures.v1",
    }


def test_what_has_expired_is_gone_a_day_later_and_does_not_wait_for_a_segment_to_fill() -> None:
    kept = {topic.name: topic.topic_configs for topic in wanted_topics()}
    expiring = [settings for settings in kept.values() if settings["cleanup.policy"] == "delete"]
    assert {settings["segment.ms"] for settings in expiring} == {str(int(SEGMENT.total_seconds() * 1000))}


def test_the_pollers_memory_is_partitioned_as_the_watches_are() -> None:
    assert (GATEWAY_POLLS.partitions, GATEWAY_POLLS.key) == (TRACKING_WATCHES.partitions, TRACKING_WATCHES.key)
