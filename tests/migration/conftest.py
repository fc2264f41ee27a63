"""Databases of the run."""

from __future__ import annotations

from tests.support.migrated import notifier_database, notifier_template, tracking_database, tracking_template
from tests.support.plain_logs import plain_logs

__all__ = ["notifier_database", "notifier_template", "plain_logs", "tracking_database", "tracking_template"]
