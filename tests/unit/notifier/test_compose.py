"""What is frozen is what the buyer reads, as this provider will carry it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.notifier.compose import Composer
from services.notifier.domain.urgency import Urgency
from shared.contracts.vocabulary import Channel, Step
from shared.shops import Shops
from tests.support.described_sms import an_adapter
from tests.support.notifier_world import BY_SMS, DEMO, step
from tests.support.steps_reached import catalog

NOW = datetime(2026, 3, 24, 11, 40, tzinfo=UTC)


def planned_sms() -> dict[str, Any]:
    """A row of the ledger, joined with its step."""
    told = step(Step.OUT_FOR_DELIVERY, buyer=BY_SMS)
    return {
        "id": UUID(int=1),
        "step_data": json.loads(told.to_json()),
        "recipient": "buyer",
        "channel": Channel.SMS,
        "address": BY_SMS.phone,
        "urgency": Urgency.NORMAL,
        "preferences_token": None,
        "language_chosen": None,
    }


@pytest.mark.parametrize(
    ("transliterate", "segment_limit", "arrives"),
    [(True, 10, "aqui"), (False, 10, "aquí"), (False, 2, "aqui")],
)
def test_an_sms_keeps_its_accents_only_where_its_provider_is_told_so_and_they_fit(
    transliterate: bool, segment_limit: int, arrives: str
) -> None:
    shop = DEMO.model_copy(update={"texts": {"es.out_for_delivery.sms": "Tu paquete está aquí."}})
    adapter = an_adapter(transliterate=transliterate, segment_limit=segment_limit)
    composer = Composer(catalog(), Shops({"demo": shop}), {Channel.SMS: (adapter,)})

    frozen = composer.compose(planned_sms(), NOW, adapter)

    assert f"{arrives}." in json.loads(frozen["request"])["text"]
