"""Databases for tests that run services side by side in one process, and a notifier with its providers."""

from __future__ import annotations

from tests.support.migrated import notifier_database, notifier_template, tracking_database, tracking_template
from tests.support.running_notifier import notifier, running

__all__ = ["notifier", "notifier_database", "notifier_template", "running", "tracking_database", "tracking_template"]
