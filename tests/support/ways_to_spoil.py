"""What can be done to a perfect run: each answers how to spoil it, or spoils it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.perfect_run import MAIL, TEXT, WHATSAPP, ARun, later


def entry(run: ARun, stage: str) -> dict[str, Any]:
    timeline = run.answer(MAIL)["timeline"]
    found: dict[str, Any] = next(each for each in timeline if stage in (each.get("stage"), each.get("state")))
    return found


def without_entry(stage: str) -> Callable[[ARun], None]:
    return lambda run: run.answer(MAIL)["timeline"].remove(entry(run, stage))


def told_again(run: ARun) -> None:
    run.accepted.append({**run.heard(TEXT, "delivered", "sms"), "sha256": "0" * 64})


def unheard(verdict: str, reason: str) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        run.decide(MAIL, "delivered", "email", verdict, reason)
        run.unhear(MAIL, "delivered", "email")

    return spoil


def swapped(first: str, second: str) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        a, b = (run.accepted.index(run.heard(MAIL, step, "email")) for step in (first, second))
        run.accepted[a], run.accepted[b] = run.accepted[b], run.accepted[a]

    return spoil


def without_words(words: str, channel: str) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        heard = run.heard(TEXT, "delivered", channel)
        heard["text"] = heard["text"].replace(words, "")

    return spoil


def waiting(what: str, count: int, first: float, last: float) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        for sample in run.samples:
            if sample["process"] == "system" and later(first) <= sample["at"] <= later(last):
                sample[what] = count

    return spoil


def grown(what: str, by_sample: int, first: float) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        for nth, sample in enumerate(each for each in run.samples if each["process"] == "tracking"):
            if sample["at"] >= later(first):
                sample[what] += by_sample * nth

    return spoil


def logged(text: str) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        run.log += text

    return spoil


def back_after(*seconds: float) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        for nth, took in enumerate(seconds):
            run.do("kill", "tracking", 100 * nth)
            run.do("back", "tracking", 100 * nth + took)

    return spoil


def back_late_on_a_busy_machine(run: ARun) -> None:
    run.others_a_core = 2.0
    back_after(9, 9, 41)(run)


def killed_when_late(run: ARun) -> None:
    run.do("kill", "tracking", 10)
    run.do("kill", "tracking", 31)


def postgres_back_late(run: ARun) -> None:
    for what, second in (("kill", 10), ("restart", 20), ("back", 31)):
        run.do(what, "postgres", second)


def providers_come_back_to_a_trickle(run: ARun) -> None:
    """Everything was told before they went."""
    run.do("fault_on", "providers", 60)
    run.do("fault_off", "providers", 120)


def refused(run: ARun) -> None:
    next(line for line in run.sent if line.get("repeat_of"))["status"] = 422


def other_channel_is_silent(run: ARun) -> None:
    run.decide(WHATSAPP, "delivered", "whatsapp", "suppressed", "told_by_sms")
    run.unhear(WHATSAPP, "delivered", "whatsapp")
    message = run.message(WHATSAPP, "delivered", "whatsapp")["id"]
    run.receipts = [each for each in run.receipts if each["message_id"] != message]


def too_old(at: str) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        unheard("expired", "too_old_to_tell")(run)
        run.message(MAIL, "delivered", "email")["at"] = at

    return spoil


def receipts_of(step: str, status: str | None) -> Callable[[ARun], None]:
    """All that the provider says of one SMS."""

    def spoil(run: ARun) -> None:
        message = run.message(TEXT, step, "sms")["id"]
        run.receipts = [each for each in run.receipts if each["message_id"] != message]
        run.receipts += [{"message_id": message, "status": status}] if status else []

    return spoil


def told_untrue(step: str) -> Callable[[ARun], None]:
    """By mail, after everything else but in the place of its time."""

    def spoil(run: ARun) -> None:
        run.decide(MAIL, step, "email", "sent", "smtp_accepted")
        message = run.message(MAIL, step, "email")
        last = run.heard(MAIL, "delivered" if step == "in_transit" else "payment_received", "email")
        text = f"{last['text']} Llega el martes."
        told = {**last, "message_id": message["id"], "text": text, "html": f"<p>{text}</p>", "sha256": "1" * 64}
        run.accepted.insert(run.accepted.index(last) + 1, told)

    return spoil


def seen_by_a_stranger(nth: int) -> Callable[[ARun], None]:
    return lambda run: run.strangers[nth].update(status=200)
