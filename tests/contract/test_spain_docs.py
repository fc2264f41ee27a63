"""What the page on Spain's carriers promises is what the gateway takes."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl

from services.carrier_gateway.carriers import carrier_named
from services.carrier_gateway.parts.handed_over import TOKEN_HEADER

PAGE = (Path(__file__).parent.parent.parent / "docs" / "carriers" / "spain.md").read_text("utf-8")
KEYS = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", PAGE, re.MULTILINE))


def test_every_carrier_of_the_page_is_asked_with_a_key_of_the_parts_it_names() -> None:
    assert len(KEYS) == 7
    for carrier_id, text in KEYS.items():
        carrier = carrier_named(carrier_id)
        assert carrier is not None
        assert carrier.pull is not None
        written = next((example for example in re.findall(r"`([^`]+)`", text) if "=..." in example), "")
        assert tuple(name for name, _ in parse_qsl(written)) == carrier.pull.key_parts


def test_the_page_names_the_header_and_the_limits_in_use() -> None:
    pulls = [carrier.pull for carrier_id in KEYS if (carrier := carrier_named(carrier_id)) and carrier.pull]

    assert f"`{TOKEN_HEADER}`" in PAGE
    assert {(pull.minimum_gap.total_seconds(), pull.daily_quota) for pull in pulls} == {(1.0, 5000)}
    assert "one question a second at most, 5000 a day" in PAGE


def test_only_a_carrier_without_a_usual_address_needs_one() -> None:
    without = [carrier_id for carrier_id in KEYS if (c := carrier_named(carrier_id)) and c.pull and not c.pull.url]

    assert without == ["ctt_express"]
    assert "`CARRIER_CTT_EXPRESS_URL` is needed" in KEYS["ctt_express"]
