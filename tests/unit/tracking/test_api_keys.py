"""A key opens its own shop, for what it is meant to do, until its last day is over, and leaves a trace by its name."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from prometheus_client import REGISTRY

from shared.api_keys import Keys
from shared.key_entries import KeyEntry, Scope
from shared.web import Problem
from tests.support.api_keys import entry, ops_entry

KEY, SPARE, OPS = "hito_key-of-the-shop", "hito_key-in-reserve", "hito_key-of-operators"
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)


def keys(*entries: KeyEntry, now: datetime = NOON, ops: tuple[KeyEntry, ...] = ()) -> Keys:
    return Keys({"demo": entries, "other": (entry("hito_key-of-another"),)}, ops, lambda: now)


def refusal(known: Keys, key: str, scope: Scope = Scope.ORDERS_READ, shop: str = "demo") -> Problem:
    with pytest.raises(Problem) as refused:
        known.open_shop(shop, f"Bearer {key}", scope)
    return refused.value


def uses(key: str, result: str, shop: str = "demo") -> float:
    return REGISTRY.get_sample_value("otn_api_key_uses_total", {"shop": shop, "key": key, "result": result}) or 0


@pytest.mark.parametrize("scope", [Scope.ORDERS_READ, Scope.ORDERS_WRITE, Scope.ERASURE])
def test_a_key_opens_its_shop_for_each_of_its_scopes_and_names_the_one_it_lacks(scope: Scope) -> None:
    assert keys(entry(KEY, scope)).open_shop("demo", f"Bearer {KEY}", scope) == "demo"
    for missing in {Scope.ORDERS_READ, Scope.ORDERS_WRITE, Scope.ERASURE} - {scope}:
        problem = refusal(keys(entry(KEY, scope)), KEY, missing)
        assert (problem.status, str(missing) in problem.detail) == (403, True)
        assert problem.headers == {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{missing}"'}


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer  ", "Basic aGl0bw==", KEY])
def test_whoever_shows_no_key_is_asked_for_one(authorization: str | None) -> None:
    with pytest.raises(Problem) as refused:
        keys(entry(KEY)).open_shop("demo", authorization, Scope.ORDERS_READ)
    assert (refused.value.status, refused.value.headers) == (401, {"WWW-Authenticate": "Bearer"})


def test_an_unknown_key_and_the_hash_of_a_known_one_open_nothing() -> None:
    known = keys(entry(KEY))
    for wrong in ("hito_key-of-nobody", entry(KEY).digest.hex(), str(entry(KEY))):
        assert refusal(known, wrong).status == 401


def test_another_shops_key_finds_nothing_whether_or_not_the_shop_exists() -> None:
    known = keys(entry(KEY))
    theirs, nobodys = refusal(known, KEY, shop="other"), refusal(known, KEY, shop="nobody")
    assert (theirs.status, theirs.detail) == (nobodys.status, nobodys.detail)
    assert theirs.status == 404


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (datetime(2026, 3, 6, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 7, tzinfo=UTC), False),
        (datetime(2027, 1, 1, tzinfo=UTC), False),
    ],
)
def test_a_key_opens_until_its_last_day_is_over_in_utc(now: datetime, opens: bool) -> None:
    known = keys(entry(KEY, last_day=date(2026, 3, 6)), now=now)
    if opens:
        assert known.open_shop("demo", f"Bearer {KEY}", Scope.ORDERS_READ)
    else:
        problem = refusal(known, KEY)
        assert (problem.status, "2026-03-06" in problem.detail) == (401, True)


def test_while_a_key_is_replaced_the_old_and_the_new_one_open() -> None:
    known = keys(entry(KEY, name="old", last_day=date(2026, 3, 31)), entry(SPARE, name="new"))
    for key in (KEY, SPARE):
        assert known.open_shop("demo", f"Bearer {key}", Scope.ORDERS_READ)


def test_operators_and_shops_have_keys_of_their_own() -> None:
    known = keys(entry(KEY), ops=(ops_entry(OPS), ops_entry(SPARE, name="old", last_day=date(2026, 3, 5))))
    known.open_ops(f"Bearer {OPS}")
    for wrong in (KEY, SPARE):
        with pytest.raises(Problem):
            known.open_ops(f"Bearer {wrong}")
    assert refusal(known, OPS).status == 401
    assert [known.opens_ops(key) for key in (OPS, KEY, SPARE, "")] == [True, False, False, False]


def test_every_use_is_counted_under_the_keys_name_and_the_key_itself_is_nowhere() -> None:
    known = keys(entry(KEY, Scope.ORDERS_READ, name="counted", last_day=date(2026, 3, 6)))
    known.open_shop("demo", f"Bearer {KEY}", Scope.ORDERS_READ)
    refusal(known, KEY, Scope.ERASURE)
    refusal(known, KEY, shop="other")
    assert [uses("counted", result) for result in ("opened", "scope", "other_shop", "expired")] == [1, 1, 1, 0]
    ends = REGISTRY.get_sample_value("otn_api_key_ends_timestamp_seconds", {"shop": "demo", "key": "counted"})
    assert ends == datetime(2026, 3, 7, tzinfo=UTC).timestamp()
    labels = {value for metric in REGISTRY.collect() for each in metric.samples for value in each.labels.values()}
    assert not [label for label in labels if KEY in label or entry(KEY).digest.hex() in label]
