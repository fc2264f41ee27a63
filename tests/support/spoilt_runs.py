"""Each way in which a perfect run is spoilt, and exactly what the oracle has to find then: its own proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.support.perfect_run import MAIL, TEXT, WHATSAPP, ARun, later

LOST = frozenset({"durability.lost", "durability.balance"})


class Spoilt(NamedTuple):
    """`rules`: all that must be found, and nothing else."""

    what: str
    spoil: Callable[[ARun], Any]
    rules: frozenset[str]

    def __str__(self) -> str:
        return self.what.replace(" ", "_")


def _entry(run: ARun, stage: str) -> dict[str, Any]:
    timeline = run.answer(MAIL)["timeline"]
    found: dict[str, Any] = next(each for each in timeline if stage in (each.get("stage"), each.get("state")))
    return found


def _without_entry(stage: str) -> Callable[[ARun], None]:
    return lambda run: run.answer(MAIL)["timeline"].remove(_entry(run, stage))


def _told_again(run: ARun) -> None:
    run.accepted.append({**run.heard(TEXT, "delivered", "sms"), "sha256": "0" * 64})


def _unheard(verdict: str, reason: str) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        run.decide(MAIL, "delivered", "email", verdict, reason)
        run.unhear(MAIL, "delivered", "email")

    return spoil


def _swapped(first: str, second: str) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        a, b = (run.accepted.index(run.heard(MAIL, step, "email")) for step in (first, second))
        run.accepted[a], run.accepted[b] = run.accepted[b], run.accepted[a]

    return spoil


def _without_words(words: str, channel: str) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        heard = run.heard(TEXT, "delivered", channel)
        heard["text"] = heard["text"].replace(words, "")

    return spoil


def _waiting(what: str, count: int, first: float, last: float) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        for sample in run.samples:
            if sample["process"] == "system" and later(first) <= sample["at"] <= later(last):
                sample[what] = count

    return spoil


def _grown(what: str, by_sample: int, first: float) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        for nth, sample in enumerate(each for each in run.samples if each["process"] == "tracking"):
            if sample["at"] >= later(first):
                sample[what] += by_sample * nth

    return spoil


def _logged(text: str) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        run.log += text

    return spoil


def _back_after(*seconds: float) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        for nth, took in enumerate(seconds):
            run.do("kill", "tracking", 100 * nth)
            run.do("back", "tracking", 100 * nth + took)

    return spoil


def _back_late_on_a_busy_machine(run: ARun) -> None:
    run.others_a_core = 2.0
    _back_after(9, 9, 41)(run)


def _killed_when_late(run: ARun) -> None:
    run.do("kill", "tracking", 10)
    run.do("kill", "tracking", 31)


def _postgres_back_late(run: ARun) -> None:
    for what, second in (("kill", 10), ("restart", 20), ("back", 31)):
        run.do(what, "postgres", second)


def _refused(run: ARun) -> None:
    next(line for line in run.sent if line.get("repeat_of"))["status"] = 422


def _other_channel_is_silent(run: ARun) -> None:
    run.decide(WHATSAPP, "delivered", "whatsapp", "suppressed", "told_by_sms")
    run.unhear(WHATSAPP, "delivered", "whatsapp")
    message = run.message(WHATSAPP, "delivered", "whatsapp")["id"]
    run.receipts = [each for each in run.receipts if each["message_id"] != message]


def _too_old(at: str) -> Callable[[ARun], None]:
    def spoil(run: ARun) -> None:
        _unheard("expired", "too_old_to_tell")(run)
        run.message(MAIL, "delivered", "email")["at"] = at

    return spoil


def _receipts_of(step: str, status: str | None) -> Callable[[ARun], None]:
    """All that the provider says of one SMS."""

    def spoil(run: ARun) -> None:
        message = run.message(TEXT, step, "sms")["id"]
        run.receipts = [each for each in run.receipts if each["message_id"] != message]
        run.receipts += [{"message_id": message, "status": status}] if status else []

    return spoil


def _told_untrue(step: str) -> Callable[[ARun], None]:
    """By mail, after everything else but in the place of its time."""

    def spoil(run: ARun) -> None:
        run.decide(MAIL, step, "email", "sent", "smtp_accepted")
        message = run.message(MAIL, step, "email")
        last = run.heard(MAIL, "delivered" if step == "in_transit" else "payment_received", "email")
        text = f"{last['text']} Llega el martes."
        told = {**last, "message_id": message["id"], "text": text, "html": f"<p>{text}</p>", "sha256": "1" * 64}
        run.accepted.insert(run.accepted.index(last) + 1, told)

    return spoil


def _seen_by_a_stranger(nth: int) -> Callable[[ARun], None]:
    return lambda run: run.strangers[nth].update(status=200)


SPOILT: tuple[Spoilt, ...] = tuple(
    Spoilt(what, spoil, frozenset(rules.split()))
    for what, spoil, rules in (
        ("a scan is lost", _without_entry("accepted"), "durability.lost durability.balance"),
        ("a snapshot is lost", _without_entry("confirmed"), "durability.lost durability.balance"),
        (
            "a scan is applied twice",
            lambda run: run.answer(MAIL)["timeline"].append(_entry(run, "accepted")),
            "durability.twice durability.balance",
        ),
        (
            "a scan nobody sent",
            lambda run: run.answer(MAIL)["timeline"].append({**_entry(run, "accepted"), "fact": "invented"}),
            "durability.never_sent durability.balance",
        ),
        ("a valid event is refused", _refused, "durability.refused"),
        (
            "an order is not found",
            lambda run: run.answer(MAIL).update(status=None),
            "durability.order durability.balance loss.nobodys",
        ),
        ("a wrong state", lambda run: run.answer(MAIL)["status"].update(state="shipped"), "state.order"),
        (
            "a wrong stage",
            lambda run: run.answer(MAIL)["status"]["shipments"][0].update(stage="in_transit"),
            "state.parcel",
        ),
        ("a step is missing", lambda run: run.answer(MAIL)["status"]["steps"].pop(), "state.step"),
        ("a late scan counts", lambda run: _entry(run, "in_transit").update(ignored=None), "state.ignored"),
        ("told again in other words", _told_again, "duplicates.message"),
        (
            "the provider took the same twice",
            lambda run: run.accepted.append(run.heard(TEXT, "delivered", "sms")),
            "duplicates.message duplicates.body",
        ),
        (
            "the same bytes under another id",
            lambda run: run.accepted.append({**run.heard(TEXT, "delivered", "sms"), "message_id": "another"}),
            "duplicates.body loss.nobodys",
        ),
        (
            "a message of nobody",
            lambda run: run.accepted.append({**run.accepted[0], "message_id": None, "sha256": "0" * 64}),
            "loss.nobodys",
        ),
        ("said to be sent and never accepted", lambda run: run.unhear(MAIL, "shipped", "email"), "loss.lost"),
        (
            "said to be superseded and yet accepted",
            lambda run: run.decide(MAIL, "shipped", "email", "superseded", "later_facts_known"),
            "loss.denied",
        ),
        ("the truth is superseded", _unheard("superseded", "overtaken_by_lost"), "loss.illegal"),
        ("silence without a cause", _unheard("suppressed", "no_address"), "loss.illegal"),
        ("told by a channel that is silent too", _other_channel_is_silent, "loss.illegal"),
        ("in doubt without a fault", _unheard("unknown", "no_answer"), "loss.trouble"),
        ("failed without a fault", _unheard("failed", "smtp_550"), "loss.trouble"),
        ("never decided", _unheard("planned", "due"), "loss.undecided"),
        ("no verdict", lambda run: run.forget(MAIL, "delivered", "sms"), "loss.verdict"),
        ("no reason", lambda run: run.decide(MAIL, "delivered", "email", "sent", ""), "loss.reason"),
        (
            "why says something else",
            lambda run: run.why(MAIL, "delivered", "email").update(verdict="read"),
            "loss.why",
        ),
        ("delivered before it left", _swapped("out_for_delivery", "delivered"), "order.rank"),
        ("shipped before it was confirmed", _swapped("order_confirmed", "shipped"), "order.rank"),
        ("told that it is being prepared when it had left", _told_untrue("preparing"), "order.untrue"),
        ("told that it is on its way when it was there", _told_untrue("in_transit"), "order.untrue"),
        (
            "told to somebody else",
            lambda run: run.heard(TEXT, "delivered", "sms").update(to="+34600000002"),
            "content.recipient",
        ),
        ("no phone to call", _without_words("+34 910 000 102", "sms"), "content.fact"),
        ("no carrier in the text of a mail", _without_words("Mensajería Ciprés", "email"), "content.fact"),
        ("no reference", _without_words("REF-O-text", "sms"), "content.fact"),
        ("no link", _without_words("https://track.example/t/O-text", "sms"), "content.fact"),
        ("not what happens next", _without_words("Si algo no va.", "sms"), "content.fact"),
        (
            "no reference in the page of a mail",
            lambda run: run.heard(TEXT, "delivered", "email").update(html="https://track.example/t/O-text"),
            "content.fact",
        ),
        (
            "the name of another shop",
            lambda run: run.heard(MAIL, "order_confirmed", "email").update(html="bicis tramontana"),
            "content.other_shop",
        ),
        (
            "other bytes than were frozen",
            lambda run: run.message(MAIL, "delivered", "email").update(sha256="f" * 64),
            "content.bytes",
        ),
        (
            "told when the day was over",
            lambda run: run.heard(MAIL, "out_for_delivery", "email").update(at=later(7 * 3600)),
            "timing.late",
        ),
        ("called too old when it was not", _too_old(later(5)), "timing.early"),
        ("a failure that the shop never reads", _receipts_of("delivered", "failed"), "receipts.unheard"),
        ("read, but only delivered by the API", _receipts_of("shipped", "read"), "receipts.unheard"),
        ("delivered, as nobody says", _receipts_of("delivered", None), "receipts.invented"),
        ("a stranger sees it as its own", _seen_by_a_stranger(0), "tenants.seen"),
        ("a stranger sees it by the other's name", _seen_by_a_stranger(1), "tenants.seen"),
        ("a corrupt record without a letter", lambda run: run.dead.clear(), "dead_letters.once durability.balance"),
        ("two letters of one record", lambda run: run.dead.append({**run.dead[0], "id": 2}), "dead_letters.once"),
        (
            "a letter of a valid record",
            lambda run: run.dead.append({**run.dead[0], "id": 2, "offset": 78}),
            "dead_letters.valid",
        ),
        (
            "a corrupt call is taken",
            lambda run: run.sent[-2].update(status=202),
            "dead_letters.taken durability.balance",
        ),
        ("lag at the end", _waiting("lag", 3, 600, 600), "liveness.rest"),
        ("in flight at the end", _waiting("in_flight", 1, 0, 600), "liveness.rest"),
        ("a parcel stays parked that has an order", _waiting("parked", 2, 0, 600), "liveness.rest"),
        ("it never rests", lambda run: run.ops.clear(), "liveness.quiet"),
        ("it rests too late", _waiting("lag", 3, 0, 400), "liveness.late"),
        ("nobody looked at the lag", _waiting("lag", None, 0, 600), "liveness.unseen"),  # type: ignore[arg-type]
        ("connections are left open", _grown("pg_connections", 1, 400), "hygiene.connections"),
        ("a pool holds more than its size", lambda run: setattr(run, "connections_at_rest", 7), "hygiene.connections"),
        ("a transaction is left open", lambda run: run.samples[-1].update(pg_left_open=1), "hygiene.transaction"),
        ("memory grows", _grown("rss_bytes", 1_000_000, 0), "hygiene.memory"),
        ("an address in a log", _logged("sent to o-mail@example.com\n"), "hygiene.personal_data"),
        ("a phone in a log, as in a URL", _logged("GET /?to=%2B34600000001\n"), "hygiene.personal_data"),
        ("a name in a log", _logged('{"buyer": "Candela O-Mail"}\n'), "hygiene.personal_data"),
        ("never back", lambda run: run.do("kill", "tracking", 10), "recovery.never"),
        ("back too late", _back_after(2, 2, 25), "recovery.slow"),
        ("back late most times", _back_after(8, 8, 8), "recovery.usually_slow"),
        ("killed again when it is late already", _killed_when_late, "recovery.slow recovery.never"),
        ("back too late even where others want the cores", _back_late_on_a_busy_machine, "recovery.slow"),
        ("a server back too late", _postgres_back_late, "recovery.slow"),
    )
)
_NAMES = "durability state duplicates loss order content timing receipts tenants dead_letters liveness hygiene recovery"
CHECKS = tuple(_NAMES.split())


def spoilt_for(check: str) -> Iterator[Spoilt]:
    """Those that this check has to notice."""
    return (spoilt for spoilt in SPOILT if any(rule.startswith(f"{check}.") for rule in spoilt.rules))
