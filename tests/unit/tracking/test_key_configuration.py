"""The environment never holds a key: entries are read strictly, and a tool makes keys together with their entries."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracking.new_key import make_key
from services.tracking.settings import ops_keys, shop_keys
from shared.key_entries import OF_SHOPS, KeyEntry, Scope, digest_of, read_entries
from shared.settings import BrokenConfiguration
from shared.shops import Shops
from tests.support.tracking_world import FARO, OTHER

KEY = "hito_3oH1q9m2kV7wY4xZ8bN6cD5fG0jL"
HASH = digest_of(KEY).hex()
WEB = f"web:orders.read+orders.write:2027-01-31:{HASH}"
FARO_ONLY = Shops({"demo": FARO})


def of_demo(text: str) -> tuple[KeyEntry, ...]:
    return shop_keys(FARO_ONLY, {"SHOP_DEMO_API_KEYS": text})["demo"]


def test_an_entry_says_who_may_do_what_until_when() -> None:
    (web,) = of_demo(WEB)
    assert (web.name, set(web.scopes)) == ("web", {Scope.ORDERS_READ, Scope.ORDERS_WRITE})
    assert (web.last_day, web.digest) == (date(2027, 1, 31), digest_of(KEY))


@pytest.mark.parametrize("between", [" ", ",", ", ", "\n", " ,\t"])
def test_several_keys_at_once_make_a_rotation(between: str) -> None:
    old = f"old:erasure:never:{digest_of('another key')[::-1].hex()}"
    assert [(entry.name, entry.last_day) for entry in of_demo(f" {WEB}{between}{old} ")] == [
        ("web", date(2027, 1, 31)),
        ("old", None),
    ]


entries = st.builds(
    KeyEntry,
    st.from_regex(r"[a-z0-9][a-z0-9._-]{0,31}", fullmatch=True),
    st.sets(st.sampled_from(OF_SHOPS), min_size=1).map(frozenset),
    st.none() | st.dates(min_value=date(2000, 1, 1)),
    st.binary(min_size=32, max_size=32),
)


@given(entry=entries)
def test_an_entry_that_is_written_is_read_back(entry: KeyEntry) -> None:
    assert read_entries(str(entry), "SHOP_DEMO_API_KEYS", OF_SHOPS, "key demo") == (entry,)


@pytest.mark.parametrize("text", [KEY, f"{WEB},{KEY}", f"web:{KEY}", f"web:orders.read:never:{KEY}", f"{WEB}:x", HASH])
def test_a_key_in_clear_is_refused_with_what_to_do_and_is_not_repeated(text: str) -> None:
    with pytest.raises(BrokenConfiguration) as refused:
        of_demo(text)
    said = str(refused.value)
    assert said.startswith(f"environment: SHOP_DEMO_API_KEYS: entry {2 if ',' in text else 1} ")
    assert "python -m services.tracking key demo" in said
    assert "--existing" in said
    assert KEY not in said
    assert HASH not in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "missing"),
        (" , ", "missing"),
        (WEB.replace("web:", "Web:"), "name"),
        (WEB.replace("web:", ":"), "name"),
        (WEB.replace("orders.read", "orders:read"), "name:scopes:last-day:sha256"),
        (WEB.replace("orders.read", "orders.delete"), "scopes are one or more of orders.write orders.read erasure"),
        (WEB.replace("orders.read+orders.write", ""), "scopes"),
        (WEB.replace("orders.read", "ops"), "scopes"),
        (WEB.replace("2027-01-31", "31/01/2027"), "last day"),
        (WEB.replace("2027-01-31", ""), "last day"),
        (WEB.replace("2027-01-31", "2027-02-29"), "last day"),
        (f"{WEB} {WEB.replace(HASH, HASH[::-1])}", "the same name"),
        (f"{WEB} {WEB.replace('web', 'app')}", "the same key"),
        (WEB.replace(HASH, HASH.upper()), "sha256"),
    ],
)
def test_an_entry_that_is_wrong_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(BrokenConfiguration, match=re.escape(says)):
        of_demo(text)


def test_each_shop_and_the_operators_have_a_variable_of_their_own() -> None:
    ops = f"me:ops:never:{HASH}"
    both = Shops({"demo": FARO, "other-shop": OTHER})
    assert set(shop_keys(both, {"SHOP_DEMO_API_KEYS": WEB, "SHOP_OTHER_SHOP_API_KEYS": WEB})) == {"demo", "other-shop"}
    assert ops_keys({"OPS_API_KEYS": ops})[0].scopes == {Scope.OPS}
    for environment in ({}, {"OPS_API_KEY": KEY}, {"OPS_API_KEYS": WEB}):
        with pytest.raises(BrokenConfiguration, match="OPS_API_KEYS"):
            ops_keys(environment)


Said = Callable[[], tuple[str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def read() -> tuple[str, str]:
        out, err = capsys.readouterr()
        return out, err

    return read


def test_the_tool_shows_a_new_key_once_and_the_entry_that_opens_it(said: Said) -> None:
    assert make_key(["demo", "--name", "web", "--scopes", "orders.read", "--days", "30"]) == 0
    out, err = said()
    lines = dict(line.split("=", 1) for line in out.splitlines())
    key, (entry,) = lines["KEY"], of_demo(lines["SHOP_DEMO_API_KEYS"])
    assert re.fullmatch(r"hito_[A-Za-z0-9_-]{43}", key)
    assert (entry.digest, entry.name, set(entry.scopes)) == (digest_of(key), "web", {Scope.ORDERS_READ})
    assert entry.last_day is not None
    assert abs(entry.last_day - datetime.now(UTC).date() - timedelta(days=30)) <= timedelta(days=1)
    assert key not in err


def test_no_two_keys_are_alike(said: Said) -> None:
    shown = set()
    for _ in range(20):
        make_key(["demo"])
        shown.add(said()[0].splitlines()[0])
    assert len(shown) == 20


def test_the_tool_makes_operators_keys_and_keys_without_end(said: Said) -> None:
    assert make_key(["--ops", "--days", "never"]) == 0
    entry = said()[0].splitlines()[1]
    assert ops_keys(dict([entry.split("=", 1)]))[0].last_day is None


def with_existing(key: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.tracking", "key", "demo", "--existing"]
    return subprocess.run(command, input=f"{key}\n", capture_output=True, text=True, timeout=60, check=False)


def test_a_key_that_a_shop_has_already_keeps_working_by_its_entry_and_is_not_shown() -> None:
    made = with_existing(KEY)
    assert made.returncode == 0, made.stderr
    assert KEY not in made.stdout + made.stderr
    assert of_demo(made.stdout.strip().removeprefix("SHOP_DEMO_API_KEYS="))[0].digest == digest_of(KEY)


def test_a_key_that_can_be_guessed_is_refused() -> None:
    refused = with_existing("letmein")
    assert (refused.returncode, refused.stdout) == (78, "")
    assert "letmein" not in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["demo", "--ops"],
        ["Demo"],
        ["demo", "--name", "two words"],
        ["demo", "--days", "soon"],
        ["demo", "--days", "-1"],
        ["demo", "--scopes", "everything"],
        ["--ops", "--scopes", "orders.read"],
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(arguments: list[str], said: Said) -> None:
    try:
        code = make_key(arguments)
    except SystemExit as ended:
        code = int(str(ended.code))
    out, err = said()
    assert (code != 0, out) == (True, "")
    assert err
