"""Alerts and dashboards read what the code exports, and whoever is woken by one finds what to do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from tests.support.deployment import ROOT
from tests.support.promql import parse, series, wrong_in

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/hito.json").read_text("utf-8"))
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
EXPRESSIONS = [*(rule["expr"] for rule in RULES), *QUERIES]
OPERATIONS = (ROOT / "docs/operations.md").read_text("utf-8")
BLANK = re.compile(r"{{ \$labels\.(\w+) }}")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_reads_metrics_and_labels_that_exist(expression: str) -> None:
    assert wrong_in(expression) == []


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("rate(otn_event_total[5m])", "no metric is called otn_event_total"),
        ("otn_outbox_oldest_seconds{shop='demo'}", "otn_outbox_oldest_seconds has no label shop"),
        ("sum by (order) (otn_events_total)", "nothing to sum has a label order"),
        ("otn_messages", "no metric is called otn_messages"),
    ],
)
def test_what_does_not_exist_is_found(expression: str, wrong: str) -> None:
    assert wrong_in(expression) == [wrong]


def test_what_is_no_promql_is_found() -> None:
    with pytest.raises(ValueError, match="parenthesis"):
        parse("sum(rate(otn_events_total[5m])")


def test_each_alert_is_named_once_and_says_how_urgent_it_is_and_what_is_wrong() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_what_an_alert_says_names_only_labels_that_it_has(rule: dict[str, Any]) -> None:
    """Those that are summed by, or chosen by where the series is missing altogether."""
    kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", rule["expr"]))))
    kept |= set(re.findall(r'(\w+)="', rule["expr"])) if "absent(" in rule["expr"] else set()
    assert set(BLANK.findall(rule["annotations"]["summary"])) <= kept


def test_each_alert_has_its_section_and_each_section_its_alert() -> None:
    assert re.findall(r"^### (Hito\w+)$", OPERATIONS, re.MULTILINE) == [rule["alert"] for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_a_section_says_what_it_means_what_to_look_at_and_what_to_do(rule: dict[str, Any]) -> None:
    section = OPERATIONS.split(f"### {rule['alert']}\n")[1].split("\n#")[0]
    assert [line.split(":**")[0] for line in section.splitlines() if line.startswith("- **")] == [
        "- **Means",
        "- **Look at",
        "- **Do",
    ]


def test_panels_do_not_lie_on_each_other() -> None:
    taken = [
        (column, line)
        for panel in DASHBOARD["panels"]
        for place in (panel["gridPos"],)
        for column in range(place["x"], place["x"] + place["w"])
        for line in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_no_label_of_any_metric_can_hold_somebody() -> None:
    """An order, a parcel or a person is never a label: such series would neither end nor be anybody's business."""
    labels = set().union(*series().values())
    assert not labels & {"order", "order_id", "reference", "parcel", "phone", "email", "address", "token", "message_id"}
