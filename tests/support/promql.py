"""What an expression of an alert or a dashboard reads, and whether the code's own metrics have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from shared.observability import metrics

ADDED_BY_PROMETHEUS = frozenset({"instance", "job", "namespace", "pod"})
_MADE_BY: Mapping[type[MetricWrapperBase], tuple[str, ...]] = {
    Counter: ("_total",),
    Gauge: ("",),
    Histogram: ("_bucket", "_count", "_sum"),
}


def series() -> dict[str, frozenset[str]]:
    """The name of every time series that the code exports, with its labels."""
    found: dict[str, frozenset[str]] = {}
    for metric in vars(metrics).values():
        if not isinstance(metric, MetricWrapperBase):
            continue
        (name,) = {family.name for family in metric.describe()}
        for ending in _MADE_BY[type(metric)]:
            bucket = {"le"} if ending == "_bucket" else set()
            found[name + ending] = frozenset(metric._labelnames) | bucket
    return found


def parse(expression: str) -> Any:
    """The tree. Raises ValueError for what is no PromQL. Grafana's own variables stand for a duration here."""
    return promql_parser.parse(expression.replace("$__rate_interval", "5m"))


def wrong_in(expression: str) -> list[str]:
    """What no series of ours has: a name, a label that is chosen by, or one that is summed by."""
    return sorted(set(_wrong(parse(expression))))


def _wrong(tree: Any) -> Iterator[str]:
    known = series()
    for node in _nodes(tree):
        if isinstance(node, promql_parser.VectorSelector):
            if node.name not in known:
                yield f"no metric is called {node.name}"
                continue
            labels = {matcher.name for matcher in node.matchers.matchers} - known[node.name] - ADDED_BY_PROMETHEUS
            yield from (f"{node.name} has no label {label}" for label in labels)
        elif isinstance(node, promql_parser.AggregateExpr):
            yield from _wrong_labels(node)


def _wrong_labels(node: Any) -> Iterator[str]:
    """A label that `label_replace` makes inside counts as there."""
    known, inside = series(), list(_nodes(node.expr))
    calls = [each for each in inside if isinstance(each, promql_parser.Call)]
    made = {call.args[1].val for call in calls if call.func.name == "label_replace"}
    read = [each.name or "" for each in inside if isinstance(each, promql_parser.VectorSelector)]
    there = [known.get(name, frozenset()) for name in read]
    for label in node.modifier.labels if node.modifier else ():
        if label not in made | ADDED_BY_PROMETHEUS and not all(label in labels for labels in there):
            yield f"nothing to sum has a label {label}"


def _nodes(tree: Any) -> Iterator[Any]:
    yield tree
    inner = [getattr(tree, name, None) for name in ("lhs", "rhs", "expr", "param", "vector_selector")]
    for node in (*inner, *getattr(tree, "args", ())):
        if node is not None:
            yield from _nodes(node)
