"""Which server is taken, and what is said about those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.backends.choose import BROKER_VARIABLE, DATABASE_VARIABLE, choose_broker, choose_postgres
from sandbox.backends.ports import free_port
from sandbox.backends.postgres import embedded_postgres
from sandbox.backends.servers import BackendUnavailable
from sandbox.backends.tansu import embedded_tansu


async def test_a_given_database_address_comes_first(tmp_path: Path) -> None:
    async with embedded_postgres(tmp_path / "theirs", durable=False) as theirs:
        environment = {DATABASE_VARIABLE: theirs.url("postgres")}
        async with choose_postgres(tmp_path / "ours", environment=environment) as chosen:
            assert chosen.description == f"PostgreSQL {theirs.version} (given)"
            assert await chosen.create_database("tracking") == theirs.url("tracking")
    assert not (tmp_path / "ours").exists()


async def test_a_given_broker_comes_first_and_is_asked_what_it_can(tmp_path: Path) -> None:
    async with (
        embedded_tansu(tmp_path) as theirs,
        choose_broker(tmp_path, environment={BROKER_VARIABLE: theirs.bootstrap}) as chosen,
    ):
        assert chosen.bootstrap == theirs.bootstrap
        assert chosen.supports_idempotence is False
        assert "no idempotent producer" in chosen.description


async def test_a_given_address_where_nobody_answers_is_an_error_and_not_passed_over(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(ConnectionError, match=BROKER_VARIABLE):
        async with choose_broker(tmp_path, environment={BROKER_VARIABLE: address}):
            raise AssertionError("nobody is there")
    with pytest.raises(ConnectionError, match=DATABASE_VARIABLE) as refusal:
        async with choose_postgres(tmp_path, environment={DATABASE_VARIABLE: f"postgresql://hito:hunter2@{address}/x"}):
            raise AssertionError("nobody is there")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("address", ["localhost", "localhost:", "kafka:none"])
async def test_a_broker_address_without_a_port_is_refused_with_the_form_it_needs(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="write host:port"):
        async with choose_broker(tmp_path, environment={BROKER_VARIABLE: address}):
            raise AssertionError("not an address")


async def test_a_kind_that_is_asked_for_has_no_second_choice(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match=f"{BROKER_VARIABLE} is not set"):
        async with choose_broker(tmp_path, prefer="given", environment={}):
            raise AssertionError("nothing was given")


async def test_what_is_passed_over_is_told_with_its_reason(tmp_path: Path) -> None:
    told: list[str] = []
    async with choose_postgres(tmp_path, durable=False, environment={}, tell=told.append) as chosen:
        assert chosen.version[0].isdigit()
    assert told[0] == f"given PostgreSQL: {DATABASE_VARIABLE} is not set"
    assert ("embedded" in chosen.description) is (len(told) == 2)
