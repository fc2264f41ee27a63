"""Named places in the code where a fault rig lets a process die, stop, sleep, fail or lose its connection.

Off unless the environment says otherwise: then a place costs one call that looks at one name. Never set in production;
`deploy/` and the compose file do not know the variable, and a test holds them to that.

    FAILPOINTS=consume.after_commit=kill@3,relay.after_select=kill:0.02,notifier.before_send=sleep:3

`kill` (SIGKILL), `stop` (SIGSTOP), `raise` and `drop` (cut the connection that the place has in hand) may carry a
chance; `sleep` carries its seconds, and a chance after them. `@n` does it at the nth time the place is reached, once.
FAILPOINTS_SEED makes the chances repeatable. FAILPOINTS_AFTER: for so many seconds of the process nothing happens, and
what would have comes true at the next time.
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.observability.logs import get_logger
from shared.settings import BrokenConfiguration

VARIABLE = "FAILPOINTS"
SEED_VARIABLE = "FAILPOINTS_SEED"
AFTER_VARIABLE = "FAILPOINTS_AFTER"
POINTS = (
    "gateway.after_verify",
    "gateway.before_publish",
    "gateway.before_202",
    "gateway.poll_after_fetch",
    "gateway.poll_after_publish",
    "publish.before_acks",
    "relay.lock_lost",
    "relay.after_select",
    "relay.before_mark",
    "relay.after_mark",
    "consume.after_fetch",
    "consume.after_inbox",
    "consume.before_commit",
    "consume.after_commit",
    "consume.after_offsets",
    "consume.in_revoke",
    "dead_letters.after_row",
    "tracking.before_202",
    "tracking.after_scans",
    "tracking.after_release",
    "tracking.after_look",
    "notifier.after_plan",
    "notifier.after_freeze",
    "notifier.after_claim",
    "notifier.before_send",
    "notifier.in_mail",
    "notifier.after_mail",
    "notifier.before_answer_read",
    "notifier.after_answer",
    "notifier.before_record",
    "notifier.after_record",
    "notifier.in_receipt",
    "notifier.after_receipt",
    "notifier.in_doubt",
    "migrate.middle",
)
"""Every place there is, in the order of an event's life."""
ACTIONS = ("kill", "stop", "raise", "sleep", "drop")
_WISH = re.compile(r"(?P<action>[a-z]+)(?::(?P<first>[0-9.]+))?(?::(?P<second>[0-9.]+))?(?:@(?P<nth>[1-9][0-9]*))?")

Drop = Callable[[], object]


class FailpointReached(RuntimeError):
    """What `raise` raises."""


@dataclass
class Wish:
    """What is to happen at one place."""

    action: str
    chance: float = 1.0
    pause: timedelta = timedelta(0)
    nth: int | None = None
    seen: int = field(default=0, init=False)
    _done: bool = field(default=False, init=False)

    def comes_true(self, chance: random.Random, *, too_early: bool = False) -> bool:
        self.seen += 1
        if self._done or too_early or self.seen < (self.nth or 1):
            return False
        self._done = self.nth is not None
        return chance.random() < self.chance


def read_wishes(text: str) -> dict[str, Wish]:
    """What FAILPOINTS asks for. Raises BrokenConfiguration that names what is not understood."""
    wishes = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, wish = part.partition("=")
        if name not in POINTS:
            raise BrokenConfiguration(f"environment: {VARIABLE}: there is no place called {name!r}")
        wishes[name] = _read_wish(name, wish)
    return wishes


def _read_wish(name: str, text: str) -> Wish:
    found = _WISH.fullmatch(text)
    if found is None or found["action"] not in ACTIONS:
        forms = "kill, stop, raise or drop, sleep:<seconds>, each with :<chance> or @<nth time>"
        raise BrokenConfiguration(f"environment: {VARIABLE}: {name}={text!r} is not understood: write {forms}")
    action, nth = found["action"], int(found["nth"]) if found["nth"] else None
    numbers = [number for number in (found["first"], found["second"]) if number]
    try:
        seconds = float(numbers.pop(0)) if action == "sleep" else 0.0
        chance = float(numbers.pop(0)) if numbers else 1.0
    except (IndexError, ValueError) as error:
        raise BrokenConfiguration(f"environment: {VARIABLE}: {name}={text!r}: a number is missing or wrong") from error
    if numbers or not 0 <= chance <= 1:
        raise BrokenConfiguration(f"environment: {VARIABLE}: {name}={text!r}: a chance is one number from 0 to 1")
    return Wish(action, chance, timedelta(seconds=seconds), nth)


class Failpoints:
    """The wishes of one OS process."""

    def __init__(
        self,
        wishes: Mapping[str, Wish],
        chance: random.Random,
        after: timedelta = timedelta(0),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wishes, self._chance = dict(wishes), chance
        self._clock, self._begins = clock, clock() + after.total_seconds()

    def reached(self, name: str, drop: Drop | None) -> None:
        wish = self._wishes.get(name)
        if wish is None or not wish.comes_true(self._chance, too_early=self._clock() < self._begins):
            return
        get_logger().warning("failpoint", where=name, reason=wish.action, count=wish.seen)
        match wish.action:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "sleep":
                time.sleep(wish.pause.total_seconds())
            case "drop" if drop is not None:
                drop()
            case _:
                raise FailpointReached(f"{name} {wish.action}")


_armed: Failpoints | None = None


def arm(environment: Mapping[str, str]) -> None:
    """Once, before a process begins. Raises BrokenConfiguration for a place or an action that does not exist."""
    global _armed
    wishes = read_wishes(environment.get(VARIABLE, ""))
    chance = random.Random(environment.get(SEED_VARIABLE))  # noqa: S311  when to fail is no secret
    _armed = Failpoints(wishes, chance, _read_after(environment.get(AFTER_VARIABLE, "0"))) if wishes else None


def _read_after(text: str) -> timedelta:
    try:
        return timedelta(seconds=float(text))
    except (ValueError, OverflowError) as error:
        raise BrokenConfiguration(f"environment: {AFTER_VARIABLE}: {text!r} is no number of seconds") from error


def failpoint(name: str, drop: Drop | None = None) -> None:
    """The place called `name`. `drop` cuts the connection it has in hand, where it has one."""
    if _armed is not None:
        _armed.reached(name, drop)
