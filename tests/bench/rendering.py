"""What it costs to write one message, five facts checked. Baseline: a Jinja template that fills 200 blanks."""

from __future__ import annotations

from functools import partial

from services.notifier.render import render
from services.notifier.wording.catalog import MESSAGES
from services.notifier.wording.proofread import load_catalog
from services.notifier.wording.specimens import RICH_RECIPIENT, rich, specimen_shop
from shared.contracts.vocabulary import Channel, Step
from tests.bench.rows import Row, best_microseconds


def measure() -> list[Row]:
    catalog, shop, step = load_catalog(MESSAGES, ()), specimen_shop("es"), rich(Step.OUT_FOR_DELIVERY, None)
    source = "{{ a }} " * 200
    template = catalog.html.environment.from_string(source)
    baseline = best_microseconds(partial(template.render, a="Lucía"))
    rows = []
    for channel in Channel:
        cost = best_microseconds(partial(render, catalog, step, shop, RICH_RECIPIENT, channel), times=50)
        rows.append(
            Row("render", f"one {channel} message, five facts checked", cost, "us", baseline, "a Jinja template")
        )
    return rows
