from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import ValidationError

from sandbox.providers.accept_log import Accepted, AcceptLog, read
from sandbox.providers.journal import follow
from shared.contracts.vocabulary import Channel
from tests.support.letters import MESSAGE_ID, NOW


def accepted(to: str = "lucia@example.com") -> Accepted:
    return Accepted(
        at=NOW,
        provider="smtp",
        channel=Channel.EMAIL,
        to=to,
        sender="pedidos@sandbox.example",
        message_id=MESSAGE_ID,
        provider_message_id="4ZkT2m",
        sha256="0" * 64,
        subject="línea\nnueva",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "accepted.jsonl"


def lines_of(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def damage(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("email", "pigeon"), "utf-8")


def tear(path: Path) -> None:
    with path.open("a") as torn:
        torn.write('{"at": "2026-03')


async def test_what_was_appended_is_read_back_in_order(path: Path) -> None:
    log = AcceptLog(path)
    await log.append(accepted("a@example.com"))
    await log.append(accepted("b@example.com"))

    assert [entry.to for entry in log.read()] == ["a@example.com", "b@example.com"]
    assert list(read(path)) == log.read()
    assert len(lines_of(path)) == 2
    await log.close()


async def test_a_second_run_goes_on_where_the_first_ended_even_after_a_torn_line(path: Path) -> None:
    first = AcceptLog(path)
    await first.append(accepted("a@example.com"))
    await first.close()
    tear(path)

    assert [entry.to for entry in read(path)] == ["a@example.com"]
    second = AcceptLog(path)
    await second.append(accepted("b@example.com"))
    await second.close()

    assert [entry.to for entry in read(path)] == ["a@example.com", "b@example.com"]


async def test_entries_that_come_together_are_all_there_in_their_order(path: Path) -> None:
    log = AcceptLog(path)
    names = [f"b{number}@example.com" for number in range(50)]

    await asyncio.gather(*(log.append(accepted(name)) for name in names))

    assert [entry.to for entry in log.read()] == names
    await log.close()


async def test_an_entry_that_its_sender_gave_up_waiting_for_is_kept(path: Path) -> None:
    log = AcceptLog(path)
    impatient = asyncio.ensure_future(log.append(accepted("a@example.com")))
    await asyncio.sleep(0)
    impatient.cancel()
    await log.append(accepted("b@example.com"))

    assert [entry.to for entry in log.read()] == ["a@example.com", "b@example.com"]
    await log.close()


async def test_a_damaged_line_is_an_error_not_a_gap(path: Path) -> None:
    log = AcceptLog(path)
    await log.append(accepted())
    await log.close()
    damage(path)

    with pytest.raises(ValidationError):
        list(read(path))


async def test_a_follower_sees_what_was_there_and_what_comes(path: Path) -> None:
    log = AcceptLog(path)
    await log.append(accepted("a@example.com"))
    tail = log.tail()

    assert (await anext(tail)).to == "a@example.com"
    waiting = asyncio.ensure_future(anext(tail))
    await asyncio.sleep(0)
    await log.append(accepted("b@example.com"))
    assert (await waiting).to == "b@example.com"
    await log.close()


async def test_a_follower_in_another_process_may_come_first(path: Path) -> None:
    waiting = asyncio.ensure_future(anext(follow(path, Accepted)))
    await asyncio.sleep(0)
    log = AcceptLog(path)
    await log.append(accepted("a@example.com"))

    assert (await waiting).to == "a@example.com"
    await log.close()
