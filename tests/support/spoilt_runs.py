"""Each way in which a perfect run is spoilt, and exactly what the oracle has to find then: its own proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.support.perfect_run import MAIL, TEXT, ARun, later
from tests.support.ways_to_spoil import (
    back_after,
    back_late_on_a_busy_machine,
    entry,
    grown,
    killed_when_late,
    logged,
    other_channel_is_silent,
    postgres_back_late,
    providers_come_back_to_a_trickle,
    receipts_of,
    refused,
    seen_by_a_stranger,
    swapped,
    told_again,
    told_untrue,
    too_old,
    unheard,
    waiting,
    without_entry,
    without_words,
)

LOST = frozenset({"durability.lost", "durability.balance"})


class Spoilt(NamedTuple):
    """`rules`: all that must be found, and nothing else."""

    what: str
    spoil: Callable[[ARun], Any]
    rules: frozenset[str]

    def __str__(self) -> str:
        return self.what.replace(" ", "_")


SPOILT: tuple[Spoilt, ...] = tuple(
    Spoilt(what, spoil, frozenset(rules.split()))
    for what, spoil, rules in (
        ("a scan is lost", without_entry("accepted"), "durability.lost durability.balance"),
        ("a snapshot is lost", without_entry("confirmed"), "durability.lost durability.balance"),
        (
            "a scan is applied twice",
            lambda run: run.answer(MAIL)["timeline"].append(entry(run, "accepted")),
            "durability.twice durability.balance",
        ),
        (
            "a scan nobody sent",
            lambda run: run.answer(MAIL)["timeline"].append({**entry(run, "accepted"), "fact": "invented"}),
            "durability.never_sent durability.balance",
        ),
        ("a valid event is refused", refused, "durability.refused"),
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
        ("a late scan counts", lambda run: entry(run, "in_transit").update(ignored=None), "state.ignored"),
        ("told again in other words", told_again, "duplicates.message"),
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
        ("the truth is superseded", unheard("superseded", "overtaken_by_lost"), "loss.illegal"),
        ("silence without a cause", unheard("suppressed", "no_address"), "loss.illegal"),
        ("told by a channel that is silent too", other_channel_is_silent, "loss.illegal"),
        ("in doubt without a fault", unheard("unknown", "no_answer"), "loss.trouble"),
        ("failed without a fault", unheard("failed", "smtp_550"), "loss.trouble"),
        ("never decided", unheard("planned", "due"), "loss.undecided"),
        ("no verdict", lambda run: run.forget(MAIL, "delivered", "sms"), "loss.verdict"),
        ("no reason", lambda run: run.decide(MAIL, "delivered", "email", "sent", ""), "loss.reason"),
        (
            "why says something else",
            lambda run: run.why(MAIL, "delivered", "email").update(verdict="read"),
            "loss.why",
        ),
        ("delivered before it left", swapped("out_for_delivery", "delivered"), "order.rank"),
        ("shipped before it was confirmed", swapped("order_confirmed", "shipped"), "order.rank"),
        ("told that it is being prepared when it had left", told_untrue("preparing"), "order.untrue"),
        ("told that it is on its way when it was there", told_untrue("in_transit"), "order.untrue"),
        (
            "told to somebody else",
            lambda run: run.heard(TEXT, "delivered", "sms").update(to="+34600000002"),
            "content.recipient",
        ),
        ("no phone to call", without_words("+34 910 000 102", "sms"), "content.fact"),
        ("no carrier in the text of a mail", without_words("Mensajería Ciprés", "email"), "content.fact"),
        ("no reference", without_words("REF-O-text", "sms"), "content.fact"),
        ("no link", without_words("https://track.example/t/O-text", "sms"), "content.fact"),
        ("not what happens next", without_words("Si algo no va.", "sms"), "content.fact"),
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
        ("called too old when it was not", too_old(later(5)), "timing.early"),
        ("a failure that the shop never reads", receipts_of("delivered", "failed"), "receipts.unheard"),
        ("read, but only delivered by the API", receipts_of("shipped", "read"), "receipts.unheard"),
        ("delivered, as nobody says", receipts_of("delivered", None), "receipts.invented"),
        ("a stranger sees it as its own", seen_by_a_stranger(0), "tenants.seen"),
        ("a stranger sees it by the other's name", seen_by_a_stranger(1), "tenants.seen"),
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
        ("lag at the end", waiting("lag", 3, 600, 600), "liveness.rest"),
        ("in flight at the end", waiting("in_flight", 1, 0, 600), "liveness.rest"),
        ("a parcel stays parked that has an order", waiting("parked", 2, 0, 600), "liveness.rest"),
        ("it never rests", lambda run: run.ops.clear(), "liveness.quiet"),
        ("it rests too late", waiting("lag", 3, 0, 400), "liveness.late"),
        ("nobody looked at the lag", waiting("lag", None, 0, 600), "liveness.unseen"),  # type: ignore[arg-type]
        ("connections are left open", grown("pg_connections", 1, 400), "hygiene.connections"),
        ("a pool holds more than its size", lambda run: setattr(run, "connections_at_rest", 7), "hygiene.connections"),
        ("a transaction is left open", lambda run: run.samples[-1].update(pg_left_open=1), "hygiene.transaction"),
        ("memory grows", grown("rss_bytes", 1_000_000, 0), "hygiene.memory"),
        ("an address in a log", logged("sent to o-mail@example.com\n"), "hygiene.personal_data"),
        ("a phone in a log, as in a URL", logged("GET /?to=%2B34600000001\n"), "hygiene.personal_data"),
        ("a name in a log", logged('{"buyer": "Candela O-Mail"}\n'), "hygiene.personal_data"),
        ("never back", lambda run: run.do("kill", "tracking", 10), "recovery.never"),
        ("back too late", back_after(2, 2, 25), "recovery.slow"),
        ("back late most times", back_after(8, 8, 8), "recovery.usually_slow"),
        ("killed again when it is late already", killed_when_late, "recovery.slow recovery.never"),
        ("back too late even where others want the cores", back_late_on_a_busy_machine, "recovery.slow"),
        ("a server back too late", postgres_back_late, "recovery.slow"),
        ("providers come back, and little is told", providers_come_back_to_a_trickle, "outage.slow"),
        ("providers never come back", lambda run: run.do("fault_on", "providers", 60), "outage.never"),
    )
)
_OF_ORDERS = "durability state duplicates loss order content timing receipts"
CHECKS = (*_OF_ORDERS.split(), *"tenants dead_letters liveness hygiene recovery outage".split())


def spoilt_for(check: str) -> Iterator[Spoilt]:
    """Those that this check has to notice."""
    return (spoilt for spoilt in SPOILT if any(rule.startswith(f"{check}.") for rule in spoilt.rules))
