"""Databases for tests that run services side by side in one process."""

from __future__ import annotations

from tests.support.migrated import notifier_database, notifier_template, tracking_database, tracking_template

__all__ = ["notifier_database", "notifier_template", "tracking_database", "tracking_template"]
