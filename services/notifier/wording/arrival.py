"""When the parcel is expected, in a sentence: a window, a day, a range of days, or honestly that nobody knows yet."""

from __future__ import annotations

from collections.abc import Mapping

from services.notifier.wording.dates import Span
from services.notifier.wording.situation import Situation
from shared.contracts.vocabulary import Step

_INSTEAD_OF_ANOTHER_DAY = ("eta", "promise")


def arrival(situation: Situation, facts: Mapping[str, str], *, short: bool = False) -> str:
    """A full sentence, never empty."""
    say, form, span = situation.speech.say, "arrival_short" if short else "arrival", situation.expected
    if span is None:
        return say(f"{form}.delayed" if situation.step.step is Step.DELAYED else f"{form}.unknown", facts)
    now = "now_" if tells_another_day(situation) else ""
    if span.first != span.last:
        return say(f"{form}.{now}between", _range(situation, span, short=short))
    return say(f"{form}.{now}on", {"when": _one_day(situation, span, short=short)})


def tells_another_day(situation: Situation) -> bool:
    return situation.variant in _INSTEAD_OF_ANOTHER_DAY


def expected_day(situation: Situation) -> str | None:
    """The same as an entry of the parcel's data sheet: `martes 24 de marzo, de 9:00 a 14:00`."""
    span = situation.expected
    if span is None:
        return None
    if span.first != span.last:
        return situation.speech.say("when.between", _range(situation, span, short=False))
    return _one_day(situation, span, short=False)


def _range(situation: Situation, span: Span, *, short: bool) -> dict[str, str]:
    calendar = situation.calendar
    return {"first": calendar.day(span.first, short=short), "last": calendar.day(span.last, short=short)}


def _one_day(situation: Situation, span: Span, *, short: bool) -> str:
    calendar, say = situation.calendar, situation.speech.say
    parts = {"day": calendar.day(span.last, short=short)}
    if span.end is None:
        return parts["day"]
    parts["end"] = calendar.clock(span.end)
    if span.begin is None:
        return say("when.until", parts)
    return say("when.window", parts | {"begin": calendar.clock(span.begin)})
