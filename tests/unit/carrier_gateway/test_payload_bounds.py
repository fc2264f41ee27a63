"""One payload never keeps everybody else waiting: what it may hold is bounded, whoever's it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers import carrier_named
from services.carrier_gateway.parts.base import MOST_VALUES, Malformed
from services.carrier_gateway.parts.scans import MOST_SCANS
from services.carrier_gateway.parts.wording import LONGEST_TEXT, normalise

HALF: list[dict[str, Any]] = [{}] * (MOST_SCANS // 2 + 1)
"""Of what one payload may hold, and one more."""
SEVERAL_PARCELS: dict[str, Any] = {
    "ups": {"trackResponse": {"shipment": [{"inquiryNumber": "1Z", "package": [{"activity": HALF}] * 2}]}},
    "fedex": {"output": {"completeTrackResults": [{"trackResults": [{"scanEvents": HALF}] * 2}]}},
    "dhl": {"shipments": [{"id": "1", "events": HALF}] * 2},
    "gls": {"parcels": [{"unitno": "1", "events": HALF}] * 2},
    "seventeentrack": {
        "event": "TRACKING_UPDATED",
        "data": {"number": "1", "track_info": {"tracking": {"providers": [{"events": HALF}] * 2}}},
    },
}


@pytest.mark.parametrize("carrier", SEVERAL_PARCELS)
def test_the_scans_of_all_parcels_of_a_payload_are_counted_together(carrier: str) -> None:
    known = carrier_named(carrier)
    assert known is not None

    with pytest.raises(Malformed, match=f"more than {MOST_SCANS} scans"):
        known.parse(json.dumps(SEVERAL_PARCELS[carrier]).encode())


def test_a_body_with_more_values_than_any_parcel_has_is_refused_before_it_is_read() -> None:
    known = carrier_named("gls")
    assert known is not None

    with pytest.raises(Malformed, match=f"more than {MOST_VALUES} values"):
        known.parse(json.dumps({"fault": {"detail": dict.fromkeys(map(str, range(MOST_VALUES)), 1)}}).encode())


def test_a_letter_of_which_unicode_makes_eighteen_makes_no_text_longer() -> None:
    assert len(normalise("ﷺ" * LONGEST_TEXT)) <= LONGEST_TEXT
