"""Where everything is right the oracle finds nothing, and says how much it looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle import judge
from tests.oracle.folder import Unreadable
from tests.support.perfect_run import MAIL, TEXT, perfect_run
from tests.support.ways_to_spoil import told_untrue


def test_a_perfect_run_has_no_finding(tmp_path: Path) -> None:
    judged = judge(perfect_run().write(tmp_path))
    assert [str(finding) for finding in judged.findings] == []
    assert judged.good


def test_the_figures_say_what_was_looked_at(tmp_path: Path) -> None:
    figures = judge(perfect_run().write(tmp_path)).figures
    words = ("accepted", "applied", "duplicate", "stale", "parked", "dead")
    assert [figures[word] for word in words] == [23, 12, 3, 6, 1, 1]
    assert figures["messages accepted"] == 5 * 3 + 4 * 2
    assert figures["verdicts expected"] == 3 * 7 * 3
    assert figures["events lost, at most (95 %)"] == 3 / 23


def test_what_was_in_doubt_or_failed_is_no_finding_where_something_was_killed(tmp_path: Path) -> None:
    run = perfect_run()
    run.decide(MAIL, "delivered", "email", "unknown", "no_answer")
    run.decide(TEXT, "delivered", "sms", "failed", "twilio_30003")
    run.unhear(TEXT, "delivered", "sms")
    run.do("kill", "notifier", 10)
    run.do("back", "notifier", 12)
    assert judge(run.write(tmp_path)).findings == ()


def test_after_trouble_a_step_may_be_superseded_by_one_that_did_not_wait_for_it_any_longer(tmp_path: Path) -> None:
    run = perfect_run()
    run.decide(MAIL, "order_confirmed", "email", "superseded", "overtaken_by_shipped")
    run.unhear(MAIL, "order_confirmed", "email")
    run.do("fault_on", "smtp", 10)
    run.do("fault_off", "smtp", 12)
    assert judge(run.write(tmp_path)).findings == ()


def test_a_late_scan_may_be_heard_of_before_the_delivery_that_rules_it_out_is_known(tmp_path: Path) -> None:
    run = perfect_run()
    told_untrue("in_transit")(run)
    delivered = run.heard(MAIL, "delivered", "email")
    run.accepted.remove(delivered)
    run.accepted.append(delivered)
    assert judge(run.write(tmp_path)).findings == ()


def test_a_pool_may_grow_until_it_has_its_size(tmp_path: Path) -> None:
    run = perfect_run()
    run.connections_at_rest = 12
    run.samples[-1]["pg_connections"] = 12
    assert judge(run.write(tmp_path)).findings == ()


def test_a_process_need_not_come_back_while_a_server_is_away_or_while_it_is_paused(tmp_path: Path) -> None:
    run = perfect_run()
    told = (("kill", "tracking", 10), ("kill", "postgres", 11), ("restart", "postgres", 21), ("back", "postgres", 22))
    paused = (("pause", "tracking", 20), ("resume", "tracking", 31), ("back", "tracking", 33))
    for what, process, second in told + paused:
        run.do(what, process, second)
    judged = judge(run.write(tmp_path))
    assert judged.findings == ()
    assert judged.figures["recovery of services, from kill to work, max in ms"] == (33 - 10 - 10 - 10) * 1000


def test_the_time_of_a_process_that_is_killed_again_before_it_is_back_is_none_to_count(tmp_path: Path) -> None:
    run = perfect_run()
    for what, second in (("kill", 10), ("kill", 12), ("back", 16)):
        run.do(what, "tracking", second)
    figures = judge(run.write(tmp_path)).figures
    assert figures["recovery of services, from kill to work, p50 in ms"] == 4000
    assert figures["killed again before it was back"] == 1


def test_where_others_want_the_cores_as_well_a_start_may_take_longer_and_is_told_as_it_was(tmp_path: Path) -> None:
    run = perfect_run()
    run.others_a_core = 3.0
    run.do("kill", "tracking", 10)
    run.do("back", "tracking", 24)
    judged = judge(run.write(tmp_path))
    assert judged.findings == ()
    assert judged.figures["recovery of services, from kill to work, max in ms"] == 14_000


def test_an_event_that_nobody_confirmed_may_be_there_or_not(tmp_path: Path) -> None:
    run = perfect_run()
    line = next(line for line in run.sent if line["order"] == MAIL[1] and line["payload"].get("stage") == "in_transit")
    line["status"] = "failed"
    assert judge(run.write(tmp_path)).findings == ()


def test_a_corrupt_record_that_nobody_confirmed_may_be_a_dead_letter_or_not(tmp_path: Path) -> None:
    run = perfect_run()
    run.sent.append({**run.sent[-3], "n": 99, "status": "failed", "partition": None, "offset": None})
    run.dead.append({**run.dead[0], "id": 2, "offset": 78})
    assert judge(run.write(tmp_path)).findings == ()


def test_a_server_has_its_time_from_when_it_is_up_again(tmp_path: Path) -> None:
    run = perfect_run()
    for what, second in (("kill", 10), ("restart", 70), ("back", 79)):
        run.do(what, "postgres", second)
    judged = judge(run.write(tmp_path))
    assert judged.findings == ()
    assert judged.figures["recovery of postgres, from up to work, max in ms"] == 9000


def test_a_folder_that_cannot_be_read_is_not_judged(tmp_path: Path) -> None:
    folder = perfect_run().write(tmp_path)
    (folder / "ops.jsonl").write_text('{"at": "2026-03-24T09:00:00Z", "what": "wished"}\n')
    with pytest.raises(Unreadable, match=r"ops\.jsonl, line 1"):
        judge(folder)
