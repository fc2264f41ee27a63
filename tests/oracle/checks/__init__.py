"""The checks, one file each. `of_order` judges one order, `of_run` what only the whole run shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.oracle.case import Case
from tests.oracle.checks import (
    content,
    dead_letters,
    duplicates,
    durability,
    hygiene,
    liveness,
    loss,
    order,
    outage,
    receipts,
    recovery,
    state,
    tenants,
    timing,
)
from tests.oracle.run import WholeRun
from tests.oracle.verdicts import Finding, Tally

OF_ORDER: tuple[Callable[[Case, Tally], Iterator[Finding]], ...] = (
    durability.of_order,
    state.of_order,
    duplicates.of_order,
    loss.of_order,
    order.of_order,
    content.of_order,
    timing.of_order,
    receipts.of_order,
)
OF_RUN: tuple[Callable[[WholeRun, Tally], Iterator[Finding]], ...] = (
    durability.of_run,
    duplicates.of_run,
    dead_letters.of_run,
    liveness.of_run,
    hygiene.of_run,
    recovery.of_run,
    outage.of_run,
    tenants.of_run,
)
