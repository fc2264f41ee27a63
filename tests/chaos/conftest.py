"""Databases for tests that kill processes of one service without a broker around them."""

from __future__ import annotations

from tests.support.migrated import notifier_template

__all__ = ["notifier_template"]
