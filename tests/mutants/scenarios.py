"""The smallest days on which mutants show themselves, as data. The unspoilt product must come through each.

Hardly anybody in them is reached by WhatsApp: Meta's limit of one message to one person in six seconds makes days long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sandbox.layouts import ONE_EACH, SMALL_SHOP, Unit
from sandbox.providers import Action, Rule
from tests.load.chunk import Load
from tests.load.recipe import Recipe

RECIPE = Recipe(
    exact_repeats=0.05,
    displaced=0.35,
    late=0.25,
    conflicting=0,
    corrupt=0.05,
    huge=0,
    foreign=0.03,
    sms=0.6,
    whatsapp=0,
)
IN_ORDER = Recipe(
    exact_repeats=0, new_deliveries=0, displaced=0, late=0, conflicting=0, corrupt=0, foreign=0, sms=0.9, whatsapp=0
)
LAYOUT: tuple[Unit, ...] = (
    *(unit for unit in SMALL_SHOP if unit.service != "notifier"),
    *(unit for unit in ONE_EACH if unit.service == "notifier"),
)


@dataclass(frozen=True)
class Scenario:
    """`orders` of the `recipe` and of these `shops`, which happened so long `ago`, and what goes wrong meanwhile.

    `armed`: failpoints of processes, in their first life only. `faults`: of the providers. `careful`: SMS leave through
    a provider that honours keys, and tells nobody what became of them. `rests`: each wave is told before the next one
    is sent.
    """

    name: str
    orders: int = 5
    shops: tuple[str, ...] = ("cipres",)
    recipe: Recipe = IN_ORDER
    ago: timedelta = timedelta(0)
    armed: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Rule, ...] = ()
    careful: bool = False
    rests: bool = False

    def load(self, seed: int, began: datetime) -> Load:
        shops = {shop: 1 / len(self.shops) for shop in self.shops}
        return Load(seed, self.orders, began - self.ago, replace(self.recipe, shops=shops))

    @property
    def taken_over(self) -> tuple[Unit, ...]:
        """Processes that are started otherwise than in a quiet world."""
        names = {*self.armed, *(("notifier.send", "notifier.api") if self.careful else ())}
        return tuple(unit for unit in LAYOUT if unit.name in names)

    @property
    def first(self) -> tuple[Unit, ...]:
        """What a quiet world is made of, until some are taken over: of each service something, or it is not ready."""
        return tuple(unit for unit in LAYOUT if unit not in self.taken_over or unit.service != "notifier")

    @property
    def troubled(self) -> bool:
        """A number that does not answer is nobody's trouble."""
        return any(rule.action is not Action.RECEIPT_FAILED for rule in self.faults)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "an ordinary day",
        orders=7,
        rests=True,
        shops=("cipres", "tramontana"),
        recipe=RECIPE,
        faults=(Rule(action=Action.RECEIPT_FAILED, provider="twilio", nth=3, code=30008),),
    ),
    Scenario("tracking falters", armed={"tracking": "consume.after_inbox=raise@1,tracking.after_scans=kill@2"}),
    Scenario(
        "the sender commits late",
        armed={"notifier.send": "notifier.before_record=sleep:0.3:0.6"},
    ),
    Scenario("the relay dies", armed={"tracking": "relay.before_mark=kill@2"}),
    Scenario(
        "the gateway dies",
        recipe=replace(IN_ORDER, by_http=1.0),
        armed={"gateway": "gateway.before_publish=kill@3"},
    ),
    Scenario("the sender dies", armed={"notifier.send": "notifier.after_answer=kill@2"}),
    Scenario(
        "taken, and cut off",
        faults=(
            Rule(action=Action.ACCEPT_THEN_DROP, provider="twilio", times=2),
            Rule(action=Action.ACCEPT_THEN_DROP, provider="smtp", times=2),
        ),
    ),
    Scenario(
        "a careful provider, cut off",
        faults=(Rule(action=Action.ACCEPT_THEN_DROP, provider="keyed", times=3),),
        careful=True,
    ),
    Scenario(
        "the mail server is busy",
        faults=(Rule(action=Action.THROTTLE_429, provider="smtp", times=6),),
    ),
    Scenario("yesterday's news", orders=3, ago=timedelta(hours=14), rests=True),
)
"""In the order in which the unspoilt product goes through them."""


def scenario_named(name: str) -> Scenario:
    """Raises StopIteration when there is none."""
    return next(scenario for scenario in SCENARIOS if scenario.name == name)
