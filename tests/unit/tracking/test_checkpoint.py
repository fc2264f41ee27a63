"""What is kept of an order is read as it was written."""

from __future__ import annotations

from datetime import timedelta

from services.tracking.checkpoint import read_fold, read_standing, write_basis, write_fold
from services.tracking.domain.order import advance
from services.tracking.domain.telling import Told
from shared.contracts.vocabulary import Step
from tests.unit.tracking.facts import SEUR, at, says


def test_a_step_on_record_of_a_parcel_that_no_fact_names_yet_is_kept() -> None:
    """So it is while a lost database is rebuilt: the steps are there before the snapshots and scans that told them."""
    on_record = Told(Step.DELAYED, "delay:1", SEUR)

    decided = advance([says("placed", 1)], {}, told={on_record: at(2, "08:00") + timedelta(hours=1)})

    texts = write_basis(decided.fold.basis), write_fold(decided.fold)
    assert read_fold(*texts) == decided.fold
    standing = read_standing(*texts)
    assert standing is not None
    assert standing.told == {on_record}
