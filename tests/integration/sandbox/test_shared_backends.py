"""What every integration test is given: a database of its own and a broker, started only when asked for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaProducer

from sandbox.backends.servers import Broker, PostgresServer
from tests.support.backends import FreshDatabase, NewTopicMaker

ROOT = Path(__file__).parents[3]


async def test_a_test_gets_an_empty_database_of_its_own(
    database: str, fresh_database: FreshDatabase, postgres: PostgresServer
) -> None:
    assert database != await fresh_database()
    connection = await asyncpg.connect(database.replace("+asyncpg", ""))
    tables = await connection.fetch("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert tables == []
    assert database.startswith(postgres.url("test_"))


async def test_a_test_gets_a_topic_of_its_own_on_the_broker_of_the_run(
    broker: Broker, new_topic: NewTopicMaker
) -> None:
    topic = await new_topic(partitions=3, retention_ms="60000")
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    await producer.start()
    sent = await producer.send_and_wait(topic, b"1", partition=2)
    await producer.stop()
    assert sent.offset == 0


def run_pytest(folder: Path, test: str, **environment: str) -> str:
    """What a run of one test prints."""
    (folder / "test_one.py").write_text(test)
    (folder / "conftest.py").write_text(
        "from tests.conftest import *\nfrom tests.conftest import pytest_terminal_summary\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [*command, "--rootdir", str(folder), str(folder)],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_a_run_that_needs_no_server_starts_none_and_says_so(tmp_path: Path) -> None:
    printed = run_pytest(tmp_path, "def test_nothing() -> None: ...\n")
    assert "1 passed" in printed
    assert "none: no test asked for a database or a broker" in printed


def test_a_run_names_the_servers_it_used(tmp_path: Path) -> None:
    test = "def test_both(postgres, broker) -> None: ...\n"
    printed = run_pytest(tmp_path, test, HITO_TEST_BROKER="embedded", HITO_TEST_POSTGRES="embedded")
    assert "1 passed" in printed
    assert re.search(r"^database: PostgreSQL \d+\.\d+ \(embedded, fsync off\)$", printed, re.MULTILINE)
    assert re.search(r"^broker: Tansu .*no idempotent producer\)$", printed, re.MULTILINE)


def test_a_kind_of_broker_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    printed = run_pytest(tmp_path, "def test_it(broker) -> None: ...\n", HITO_TEST_BROKER="rabbit")
    assert "HITO_TEST_BROKER='rabbit': use one of given, docker, kafka, embedded" in printed
