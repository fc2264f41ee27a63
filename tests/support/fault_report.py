"""The figures of the fault matrix, each beside what is wanted of it, as build/chaos-ledger.json keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.contracts.vocabulary import Channel
from tests.support.fault_findings import Findings

Figure = dict[str, Any]
KEYED, ECHOING, PLAIN = Channel.SMS, Channel.WHATSAPP, Channel.EMAIL


def report(
    lanes: Sequence[Findings], kills: int, without_receipts: Iterable[UUID], settled_within: timedelta
) -> list[Figure]:
    """Rows of figure, value and target; a target of None is for scale."""
    silent = set(without_receipts)

    def total(name: str) -> int:
        return sum(len(getattr(lane, name)) for lane in lanes)

    def doubtful(channel: Channel) -> int:
        return sum(len(lane.unknown.get(channel, ())) for lane in lanes)

    once = sum(len((lane.ever_unknown.get(ECHOING, set()) & lane.heard) - silent) for lane in lanes)
    still = sum(len((set(lane.unknown.get(ECHOING, ())) & lane.heard) - silent) for lane in lanes)
    return [
        _figure("messages planned", sum(lane.messages for lane in lanes)),
        _figure("messages taken by providers", sum(len(lane.heard) for lane in lanes)),
        _figure("processes killed with SIGKILL at a move", kills),
        _figure("different moves seen", len(set().union(*(lane.moves for lane in lanes)))),
        _figure("messages told twice", total("told_twice"), 0),
        _figure("messages lost without a word", total("missing"), 0),
        _figure("messages taken but called not sent", total("denied"), 0),
        _figure("messages without a reason", total("without_reason"), 0),
        _figure("last verdict told is not the ledger's", total("verdicts_wrong"), 0),
        _figure("moves outside the tables", total("moves_not_allowed"), 0),
        _figure("in doubt at the end, provider with keys", doubtful(KEYED), 0),
        _figure("in doubt at the end, provider with echo", doubtful(ECHOING)),
        _figure("in doubt at the end, plain SMTP", doubtful(PLAIN)),
        _figure("once in doubt, taken, provider with echo that sends receipts", once),
        _figure("resolved of these", 1 - still / once if once else 1.0, 0.999),
        _figure("seconds until an undisturbed sender had settled all", round(settled_within.total_seconds(), 1), 60),
    ]


def keep(figures: Sequence[Figure], path: Path) -> None:
    """As a file for machines, and printed for people."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(figures, indent=2) + "\n")
    for figure in figures:
        wanted = "" if figure["target"] is None else f"wanted: {figure['target']}"
        print(f"{figure['figure']:<64} {figure['value']:>10} {wanted}")


def _figure(name: str, value: float, target: float | None = None) -> Figure:
    return {"figure": name, "value": value, "target": target}
