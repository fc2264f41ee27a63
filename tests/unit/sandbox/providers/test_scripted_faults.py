from __future__ import annotations

import pytest
from pydantic import ValidationError

from sandbox.providers.faults import Action, Arrival, Faults, Provider, Rule


def arrival(to: str = "+34600000001", provider: Provider = "twilio") -> Arrival:
    return Arrival(provider=provider, to=to, message_id=None)


def decided(faults: Faults, times: int, of: Arrival | None = None) -> list[Action]:
    return [faults.decide(of or arrival()).action for _ in range(times)]


def test_without_rules_all_goes_well() -> None:
    assert decided(Faults(), 2) == [Action.OK, Action.OK]


def test_the_nth_request_goes_wrong() -> None:
    faults = Faults()
    faults.add(Rule(action=Action.HANG, nth=2))

    assert decided(faults, 3) == [Action.OK, Action.HANG, Action.OK]


def test_a_rule_is_used_up() -> None:
    faults = Faults()
    faults.add(Rule(action=Action.ERROR_500, times=2))

    assert decided(faults, 3) == [Action.ERROR_500, Action.ERROR_500, Action.OK]
    assert [used for _, used in faults.rules] == [2]


def test_a_rule_concerns_one_provider_one_recipient_or_what_a_test_picks() -> None:
    faults = Faults()
    faults.add(Rule(action=Action.HANG, provider="graph"))
    faults.add(Rule(action=Action.REJECT, to="+34600000002"))
    faults.add(Rule(action=Action.SLOW_DRIP), when=lambda found: found.to.endswith("3"))

    assert decided(faults, 1, arrival(provider="graph")) == [Action.HANG]
    assert decided(faults, 1, arrival("+34600000002")) == [Action.REJECT]
    assert decided(faults, 1, arrival("+34600000003")) == [Action.SLOW_DRIP]
    assert decided(faults, 1) == [Action.OK]


def test_the_first_rule_that_matches_decides_until_all_is_cleared() -> None:
    faults = Faults()
    faults.add(Rule(action=Action.HANG, times=1))
    faults.add(Rule(action=Action.ERROR_500))

    assert decided(faults, 2) == [Action.HANG, Action.ERROR_500]
    faults.clear()
    assert decided(faults, 1) == [Action.OK]


@pytest.mark.parametrize("wrong", [{"action": "explode"}, {"action": "hang", "nth": 0}, {"action": "hang", "who": "x"}])
def test_a_rule_that_says_nothing_sensible_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(wrong)
