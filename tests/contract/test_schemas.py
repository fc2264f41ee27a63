"""The committed schemas are those of the models, and a change within a version that takes something away is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.__main__ import main
from shared.contracts.additive import breaking_changes
from shared.contracts.json_schemas import FOLDER, disagreements, schema_of, text_of, write
from shared.contracts.topics import CARRIER_SHIPMENTS, SHOP_ORDERS, TOPICS, TRACKING_STEPS, Topic

Change = Callable[[dict[str, Any]], object]


def test_the_committed_schemas_are_those_of_the_models() -> None:
    assert [f"{finding.file}: {finding.what}; run `make contracts`" for finding in disagreements()] == []


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_committed_schema_is_a_json_schema_that_says_which_topic_it_is_of(topic: Topic) -> None:
    schema = json.loads((FOLDER / f"{topic.name}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(topic.name)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) <= set(schema["properties"])


def test_a_time_is_described_as_a_time_and_an_expected_arrival_by_its_name_on_the_wire() -> None:
    schema = schema_of(CARRIER_SHIPMENTS)
    assert schema["properties"]["occurred_at"]["format"] == "date-time"
    assert set(schema["$defs"]["Eta"]["properties"]) == {"from", "until"}


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_schema_is_written_with_the_same_bytes_whatever_order_its_parts_were_made_in(chance: Any) -> None:
    schema = dict(schema_of(TRACKING_STEPS))
    shuffled = list(schema.items())
    chance.shuffle(shuffled)
    assert text_of(dict(shuffled)) == text_of(schema)


def order() -> dict[str, Any]:
    return copy.deepcopy(dict(schema_of(SHOP_ORDERS)))


def changed(change: Change) -> list[str]:
    """What is said of the order's schema after this change."""
    new = order()
    change(new)
    assert new != order(), "the change changes nothing"
    return breaking_changes(order(), new)


def model(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][name]
    return found


BREAKING: dict[str, tuple[Change, str]] = {
    "a field removed": (lambda s: s["properties"].pop("promise"), "promise: was removed"),
    "a field of a part removed": (lambda s: model(s, "Money")["properties"].pop("currency"), "payment.total.currency"),
    "a field renamed": (
        lambda s: s["properties"].update(total=s["properties"].pop("payment")),
        "payment: was removed",
    ),
    "a new field required": (
        lambda s: (s["properties"].update(vat={"type": "string"}), s["required"].append("vat")),
        "vat: is new and required",
    ),
    "an optional field required": (lambda s: s["required"].append("lines"), "lines: is now required"),
    "a required field optional": (lambda s: s["required"].remove("placed_at"), "placed_at: may now be absent"),
    "a word taken out of a vocabulary": (
        lambda s: model(s, "ShopState")["enum"].remove("returned"),
        "state: no longer knows returned",
    ),
    "a text limited to words": (
        lambda s: model(s, "Destination")["properties"]["kind"]["anyOf"][0].update(enum=["home"]),
        "shipments[].destination.kind: is now limited to a list of words",
    ),
    "a type replaced": (
        lambda s: s["properties"]["sequence"].update(type="string"),
        "sequence: may no longer be integer",
    ),
    "a second type beside the first": (
        lambda s: s["properties"].update(placed_at={"anyOf": [s["properties"]["placed_at"], {"type": "integer"}]}),
        "placed_at: may now be integer",
    ),
    "one of two types taken away": (
        lambda s: model(s, "Notify")["properties"]["suppress"]["anyOf"].pop(0),
        "notify.suppress: may no longer be boolean",
    ),
    "a text cut shorter": (lambda s: s["properties"]["order_id"].update(maxLength=20), "order_id: maxLength is lower"),
    "a text with a new least length": (
        lambda s: model(s, "Buyer")["properties"]["email"]["anyOf"][0].update(minLength=9),
        "buyer.email: minLength is higher",
    ),
    "a number with a lower ceiling": (
        lambda s: s["properties"]["sequence"].update(maximum=2**31),
        "sequence: maximum is lower",
    ),
    "a list that holds fewer": (lambda s: s["properties"]["lines"].update(maxItems=10), "lines: maxItems is lower"),
    "a stricter spelling": (lambda s: s["properties"]["shop"].update(pattern="^[a-z]+$"), "shop: pattern changed"),
    "a format where there was none": (
        lambda s: model(s, "Line")["properties"]["title"].update(format="uri"),
        "lines[].title: format changed",
    ),
    "another default": (lambda s: s["properties"]["sequence"].update(default=1), "sequence: its default changed"),
    "other things in a list": (
        lambda s: s["properties"].update(recipients={**s["properties"]["recipients"], "items": {"type": "string"}}),
        "recipients[]: may no longer be object",
    ),
}

ADDITIVE: dict[str, Change] = {
    "a new optional field": lambda s: s["properties"].update(vat={"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "a new optional field of a part": lambda s: model(s, "Line")["properties"].update(sku={"type": "string"}),
    "a new word": lambda s: model(s, "ShopState")["enum"].append("on_hold"),
    "a longer text": lambda s: s["properties"]["order_id"].update(maxLength=128),
    "a longer list": lambda s: s["properties"]["shipments"].update(maxItems=500),
    "a lower floor": lambda s: model(s, "Line")["properties"]["quantity"].update(minimum=0),
    "a spelling no longer prescribed": lambda s: s["properties"]["shop"].pop("pattern"),
    "another explanation": lambda s: s.update(description="The whole order."),
    "a part renamed that no wire name shows": lambda s: (
        s["$defs"].update(Amount=s["$defs"].pop("Money")),
        model(s, "Payment")["properties"]["total"]["anyOf"][0].update({"$ref": "#/$defs/Amount"}),
        model(s, "Payment")["properties"]["shipping"]["anyOf"][0].update({"$ref": "#/$defs/Amount"}),
    ),
}


@pytest.mark.parametrize("case", BREAKING)
def test_a_change_that_takes_something_away_is_named(case: str) -> None:
    change, expected = BREAKING[case]
    assert any(said.startswith(expected) for said in changed(change)), changed(change)


@pytest.mark.parametrize("case", ADDITIVE)
def test_a_change_that_only_adds_is_let_through(case: str) -> None:
    assert changed(ADDITIVE[case]) == []


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_no_field_of_any_topic_can_be_removed_unnoticed(topic: Topic) -> None:
    schema = schema_of(topic)
    objects = [("", schema), *schema.get("$defs", {}).items()]
    for name, part in objects:
        for field in part.get("properties", {}):
            smaller = copy.deepcopy(dict(schema))
            target = smaller["$defs"][name] if name else smaller
            del target["properties"][field]
            assert any("was removed" in said for said in breaking_changes(schema, smaller)), f"{name}.{field}"


def test_two_alternatives_of_one_type_are_refused_rather_than_compared_badly() -> None:
    twice = {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["b"]}]}
    with pytest.raises(ValueError, match="two alternatives"):
        breaking_changes(twice, twice)


def test_the_command_writes_what_is_missing_and_then_finds_nothing_to_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check"], tmp_path) == 1
    assert "is missing" in capsys.readouterr().err
    assert main([], tmp_path) == 0
    assert capsys.readouterr().out.count("wrote ") == len(TOPICS)
    assert main(["--check"], tmp_path) == 0
    assert main([], tmp_path) == 0
    assert capsys.readouterr().out == ""


def test_the_check_fails_on_a_schema_that_is_out_of_date_and_says_how_to_mend_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    file = tmp_path / "shop.orders.v1.json"
    file.write_text(text_of({**schema_of(SHOP_ORDERS), "description": "as it was last week"}), "utf-8")
    assert main(["--check"], tmp_path) == 1
    said = capsys.readouterr().err
    assert "shop.orders.v1.json: is out of date" in said
    assert "make contracts" in said
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0


def test_a_breaking_change_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    file = tmp_path / "shop.orders.v1.json"
    richer = order()
    richer["properties"]["gift_note"] = {"type": "string"}
    file.write_text(text_of(richer), "utf-8")
    (tmp_path / "tracking.steps.v1.json").unlink()
    for arguments in ([], ["--check"]):
        assert main(arguments, tmp_path) == 1
        assert "shop.orders.v1.json: gift_note: was removed" in capsys.readouterr().err
    assert json.loads(file.read_text("utf-8")) == richer
    assert not (tmp_path / "tracking.steps.v1.json").exists()


def test_a_topic_cannot_leave_the_table_unnoticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    (tmp_path / "shop.refunds.v1.json").write_text("{}", "utf-8")
    assert main([], tmp_path) == 1
    assert "shop.refunds.v1.json: has no topic" in capsys.readouterr().err
