"""A notifier with an empty database of its own for each test, and providers that run once for the module."""

from __future__ import annotations

from tests.support.migrated import notifier_database, notifier_template, tracking_database, tracking_template
from tests.support.plain_logs import plain_logs
from tests.support.running_notifier import notifier, running

__all__ = [
    "notifier",
    "notifier_database",
    "notifier_template",
    "plain_logs",
    "running",
    "tracking_database",
    "tracking_template",
]
