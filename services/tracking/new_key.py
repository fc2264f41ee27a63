"""`python -m services.tracking key <shop>`: a new random key, shown once on stdout, and the entry to configure.

With `--existing` the key is one you have, read from standard input and not shown. A key is never an argument: arguments
are seen by every user of the machine.
"""

from __future__ import annotations

import argparse
import getpass
import re
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from services.tracking.settings import KEY_TOOL, OPS_VARIABLE
from shared.key_entries import (
    NAME,
    NEVER,
    OF_OPERATORS,
    OF_SHOPS,
    KeyEntry,
    Scope,
    digest_of,
    read_scopes,
    variable_of,
)
from shared.settings import EXIT_BROKEN_CONFIGURATION, BrokenConfiguration

PREFIX = "hito_"
"""So that a scanner finds a key that got into a repository."""
RANDOM_BYTES = 32
SHORTEST = 20
"""Characters of an existing key."""


def make_key(arguments: Sequence[str]) -> int:
    """Answers the exit code. On stdout: the key, unless it exists already, and the entry, as lines `NAME=value`."""
    asked = _parser().parse_args(arguments)
    try:
        scopes = _scopes(asked.scopes, asked.ops)
        key = _existing() if asked.existing else PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    except BrokenConfiguration as error:
        print(error, file=sys.stderr)
        return EXIT_BROKEN_CONFIGURATION
    last_day = None if asked.days is None else datetime.now(UTC).date() + asked.days
    entry = KeyEntry(asked.name, scopes, last_day, digest_of(key))
    variable = OPS_VARIABLE if asked.ops else variable_of(asked.shop)
    if not asked.existing:
        print(f"KEY={key}")
    print(f"{variable}={entry}")
    _explain(variable, last_day, shown=not asked.existing)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(KEY_TOOL, description="Make an API key and the entry that configures it.")
    owner = parser.add_mutually_exclusive_group(required=True)
    owner.add_argument("shop", nargs="?", type=_shop, help="the shop it opens")
    owner.add_argument("--ops", action="store_true", help="a key for operators instead: /v1/ops and the console")
    parser.add_argument("--name", type=_name, default="main", help="what logs and metrics call it (main)")
    parser.add_argument("--scopes", help=f"joined by +, of {' '.join(OF_SHOPS)} (orders.read+orders.write)")
    parser.add_argument("--days", type=_days, default=timedelta(days=365), help=f"how long it lives, or {NEVER} (365)")
    parser.add_argument("--existing", action="store_true", help="only the entry, for a key read from standard input")
    return parser


def _shop(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", text):
        raise argparse.ArgumentTypeError("a shop is called as its file in config/shops: a-z 0-9 -")
    return text


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("a name is 1 to 32 of a-z 0-9 . _ -")
    return text


def _days(text: str) -> timedelta | None:
    if text == NEVER:
        return None
    if not text.isdecimal() or not 1 <= len(text) <= 5:
        raise argparse.ArgumentTypeError(f"a number of days, or {NEVER}")
    return timedelta(days=int(text))


def _scopes(text: str | None, ops: bool) -> frozenset[Scope]:
    if text is None:
        return frozenset(OF_OPERATORS if ops else (Scope.ORDERS_READ, Scope.ORDERS_WRITE))
    return read_scopes(text, OF_OPERATORS if ops else OF_SHOPS, "--scopes")


def _existing() -> str:
    given = getpass.getpass("key: ") if sys.stdin.isatty() else sys.stdin.readline()
    key = given.strip()
    if len(key) < SHORTEST:
        raise BrokenConfiguration(f"a key of fewer than {SHORTEST} characters can be guessed: make a new one")
    return key


def _explain(variable: str, last_day: date | None, *, shown: bool) -> None:
    until = f"until {last_day} is over (UTC)" if last_day else "for ever"
    once = "The key is shown this once and kept nowhere. " if shown else ""
    print(
        f"{once}Add the entry to those in {variable}, with a space between, and start the API and the console again; "
        f"the key then opens {until}.",
        file=sys.stderr,
    )
