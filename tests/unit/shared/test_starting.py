"""A start does not look through what importing makes, and what runs later has its collector."""

from __future__ import annotations

import gc

from shared.starting import kept_for_good


def test_nothing_is_looked_through_while_a_process_is_read_in_and_all_is_afterwards() -> None:
    try:
        with kept_for_good():
            assert not gc.isenabled()
            kept_before = gc.get_freeze_count()
        assert gc.isenabled()
        assert gc.get_freeze_count() > kept_before
    finally:
        gc.unfreeze()


def test_an_import_that_fails_leaves_the_collector_on() -> None:
    try:
        with kept_for_good():
            raise ImportError
    except ImportError:
        assert gc.isenabled()
    finally:
        gc.unfreeze()
