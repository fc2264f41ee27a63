"""A small run folder in which everything is right, to be spoilt: three orders of two shops, one for each channel."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.load.recipe import SHOPS_FOLDER

BEGAN = datetime(2026, 3, 24, 9, 0, tzinfo=UTC)
MAIL, TEXT, WHATSAPP = ("cipres", "O-mail"), ("cipres", "O-text"), ("tramontana", "O-whatsapp")
CHANNELS = ("email", "whatsapp", "sms")
NAMES = {"cipres": "Papelería Ciprés", "tramontana": "Bicis Tramontana"}
COURIERS = {
    "cipres": ("Mensajería Ciprés", "+34 910 000 102"),
    "tramontana": ("Reparto Tramontana", "+34 910 000 202"),
}
SCANS = (("accepted", 2), ("out_for_delivery", 4), ("delivered", 6), ("in_transit", 7))
"""Stage and hour; the last one comes from a hub whose clock is wrong, and changes nothing."""
STEPS = (
    ("order_confirmed", "1", False),
    ("payment_received", "1", False),
    ("preparing", "1", False),
    ("shipped", "1", True),
    ("out_for_delivery", "2026-03-24", True),
    ("delivered", "1", True),
    ("in_transit", "1", True),
)
NEVER_TRUE = ("preparing", "in_transit")
ONLY_BY_MAIL = ("payment_received", *NEVER_TRUE)
NEXT = {"shipped": "Llega el martes.", "out_for_delivery": "Si no vas a estar, llama.", "delivered": "Si algo no va."}
FILES = ("sent", "accepted", "orders", "dead", "ops", "samples", "receipts", "strangers")
Json = dict[str, Any]


def happened(hour: float) -> str:
    """Hours since the orders were placed, half a day before the run."""
    return (BEGAN - timedelta(hours=12) + timedelta(hours=hour)).isoformat()


def later(seconds: float) -> str:
    """Since the run began."""
    return (BEGAN + timedelta(seconds=seconds)).isoformat()


def _id(*parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(parts)))


def _reference(order: str) -> str:
    return f"REF-{order}"


@dataclass
class ARun:
    """Every file of the folder as plain data; a test changes what it is about."""

    sent: list[Json] = field(default_factory=list)
    accepted: list[Json] = field(default_factory=list)
    orders: list[Json] = field(default_factory=list)
    dead: list[Json] = field(default_factory=list)
    ops: list[Json] = field(default_factory=list)
    samples: list[Json] = field(default_factory=list)
    receipts: list[Json] = field(default_factory=list)
    strangers: list[Json] = field(default_factory=list)
    connections_at_rest: int | None = None
    others_a_core: float = 0.0
    log: str = '{"event": "batch_taken_in", "count": 3}\n'

    def answer(self, key: tuple[str, str]) -> Json:
        return next(each for each in self.orders if (each["shop"], each["order"]) == key)

    def message(self, key: tuple[str, str], step: str, channel: str) -> Json:
        messages = self.answer(key)["status"]["messages"]
        found: Json = next(each for each in messages if (each["step"], each["channel"]) == (step, channel))
        return found

    def why(self, key: tuple[str, str], step: str, channel: str) -> Json:
        return next(each for each in self._told(key, step) if each["channel"] == channel)

    def _told(self, key: tuple[str, str], step: str) -> list[Json]:
        steps = [each for decision in self.answer(key)["why"] for each in decision["steps"]]
        told: list[Json] = next(each["messages"] for each in steps if each["step"] == step)
        return told

    def decide(self, key: tuple[str, str], step: str, channel: str, verdict: str, reason: str) -> None:
        for row in (self.message(key, step, channel), self.why(key, step, channel)):
            row.update(verdict=verdict, reason=reason)

    def forget(self, key: tuple[str, str], step: str, channel: str) -> None:
        """The row of a message that nobody heard is nowhere."""
        self.answer(key)["status"]["messages"].remove(self.message(key, step, channel))
        self._told(key, step).remove(self.why(key, step, channel))

    def heard(self, key: tuple[str, str], step: str, channel: str) -> Json:
        message = self.message(key, step, channel)["id"]
        return next(each for each in self.accepted if each["message_id"] == message)

    def unhear(self, key: tuple[str, str], step: str, channel: str) -> None:
        self.accepted.remove(self.heard(key, step, channel))

    def do(self, what: str, process: str, second: float) -> None:
        self.ops.append({"at": later(second), "what": what, "process": process})

    def write(self, folder: Path) -> Path:
        run = {"seed": 1, "tier": "none", "orders": len(self.orders), "events": len(self.sent), "broker": "none"}
        run |= {"machine": "none", "versions": {}, "started_at": later(0), "ended_at": later(600)}
        run |= {"connections_at_rest": self.connections_at_rest, "others_a_core": self.others_a_core}
        (folder / "run.json").write_text(json.dumps(run))
        for name in FILES:
            (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in getattr(self, name)))
        (folder / "logs").mkdir()
        (folder / "logs" / "tracking.log").write_text(self.log)
        shutil.copytree(SHOPS_FOLDER, folder / "shops")
        return folder


def perfect_run() -> ARun:
    run = ARun(samples=list(_samples()), ops=[{"at": later(600), "what": "quiet"}])
    for nth, (shop, order) in enumerate((MAIL, TEXT, WHATSAPP)):
        run.sent += _told_of(shop, order, nth * 10)
        run.orders.append(_answer(shop, order))
        run.accepted += _heard(run.orders[-1])
        run.receipts += _receipts(run.orders[-1])
        run.strangers += [_asked("almadraba", asked_as, shop, order) for asked_as in ("almadraba", shop)]
    letter = {"topic": "shop.orders.v1", "partition": 3, "offset": 77}
    run.sent.append({"n": 90, "at": later(3), "kind": "corrupt", "status": "acked", **letter})
    run.sent.append({"n": 91, "at": later(3), "kind": "corrupt", "url": "/webhooks/generic", "status": 422})
    run.sent.append(_scan_line("cipres", "nobody's", "accepted", 2, 92) | {"kind": "foreign"})
    run.dead.append({"id": 1, "reason": "invalid", **letter})
    return run


def _buyer(order: str) -> Json:
    """One is reached by mail alone, one by SMS as well, one by WhatsApp as well."""
    buyer: Json = {"name": f"Candela {order.title()}", "email": f"{order.lower()}@example.com"}
    if order != "O-mail":
        buyer["phone"] = "+34600000001" if order == "O-text" else "+34600000002"
    return buyer | ({"consents": [{"channel": "whatsapp"}]} if order == "O-whatsapp" else {})


def _told_of(shop: str, order: str, n: int) -> list[Json]:
    """Both snapshots, every scan, and the first scan twice."""
    parcel = {"carrier": "generic", "reference": _reference(order), "destination": {"country": "ES"}}
    lines = []
    for sequence, state, payment, parcels in ((1, "confirmed", "pending", []), (2, "shipped", "paid", [parcel])):
        data = {"order_id": order, "sequence": sequence, "state": state, "payment": {"state": payment}}
        payload = {"time": happened(sequence - 1), "data": {**data, "buyer": _buyer(order), "shipments": parcels}}
        line = {"n": n + sequence, "at": later(1), "kind": "order", "topic": "shop.orders.v1", "shop": shop}
        lines.append({**line, "order": order, "payload": payload, "status": "acked"})
    scans = [_scan_line(shop, order, stage, hour, n + 3 + nth) for nth, (stage, hour) in enumerate(SCANS)]
    return [*lines, *scans, {**scans[0], "n": n + 9, "repeat_of": n + 3, "status": 202}]


def _scan_line(shop: str, order: str, stage: str, hour: int, n: int) -> Json:
    return {
        "n": n,
        "at": later(2),
        "kind": "scan",
        "url": "/webhooks/generic",
        "shop": shop,
        "order": order,
        "carrier": "generic",
        "reference": _reference(order),
        "event_id": _id(order, stage),
        "payload": {"stage": stage, "occurred_at": happened(hour)},
        "status": 202,
    }


def _answer(shop: str, order: str) -> Json:
    parcel = f"generic/{_reference(order)}"
    steps = [{"step": step, "occurrence": o, "parcel": parcel if of else None} for step, o, of in STEPS]
    messages = [_message(order, step, channel) for step in steps for channel in CHANNELS]
    told = [
        {"step": s["step"], "occurrence": s["occurrence"], "messages": [m for m in messages if m["step"] == s["step"]]}
        for s in steps
    ]
    said = (("shop", "confirmed", "stale"), ("shop", "shipped", None))
    entries: list[Json] = [{"kind": k, "state": s, "sequence": n, "ignored": i} for n, (k, s, i) in enumerate(said, 1)]
    for stage, _ in SCANS:
        ignored = "late_scan_after_delivered" if stage == "in_transit" else None
        entries.append({"kind": "carrier", "stage": stage, "fact": _id(order, stage), "ignored": ignored})
    status = {"state": "delivered", "tracking_url": f"https://track.example/t/{order}", "steps": steps}
    status["shipments"] = [{"carrier": "generic", "reference": _reference(order), "stage": "delivered"}]
    why = json.loads(json.dumps([{"steps": told}]))
    return {
        "shop": shop,
        "order": order,
        "timeline": entries,
        "why": why,
        "status": {**status, "messages": messages},
    }


def _message(order: str, step: Json, channel: str) -> Json:
    verdict, reason = _verdict(order, step["step"], channel)
    return {
        **step,
        "id": _id(order, step["step"], channel),
        "recipient": "buyer",
        "channel": channel,
        "verdict": verdict,
        "reason": reason,
    }


def _verdict(order: str, step: str, channel: str) -> tuple[str, str]:
    if step in NEVER_TRUE:
        return "superseded", "later_facts_known"
    if channel == "email":
        return "sent", "smtp_accepted"
    if step in ONLY_BY_MAIL:
        return "suppressed", "not_for_this_step"
    if order == "O-mail":
        return "suppressed", "no_address"
    if order == "O-text":
        return ("delivered", "twilio_delivered") if channel == "sms" else ("suppressed", "no_consent")
    return ("read", "graph_read") if channel == "whatsapp" else ("suppressed", "told_by_whatsapp")


def _heard(answer: Json) -> Iterator[Json]:
    buyer = _buyer(answer["order"])
    for message in answer["status"]["messages"]:
        if message["verdict"] not in ("sent", "delivered", "read"):
            continue
        body = _body(answer, message)
        mail = message["channel"] == "email"
        yield {
            "at": later(5),
            "provider": "any",
            "channel": message["channel"],
            "sender": "shop",
            "to": buyer["email"] if mail else buyer["phone"],
            "message_id": message["id"],
            "provider_message_id": f"p-{message['id']}",
            "text": body,
            "html": f"<p>{body}</p>" if mail else None,
            "sha256": hashlib.sha256(message["id"].encode()).hexdigest(),
        }


def _receipts(answer: Json) -> Iterator[Json]:
    """Of mail nobody says anything."""
    for message in answer["status"]["messages"]:
        if message["verdict"] in ("delivered", "read"):
            yield from ({"message_id": message["id"], "status": status} for status in ("sent", message["verdict"]))


def _asked(by: str, asked_as: str, shop: str, order: str) -> Json:
    return {"shop": shop, "order": order, "asked_by": by, "asked_as": asked_as, "status": 404}


def _body(answer: Json, message: Json) -> str:
    words = [NAMES[answer["shop"]], answer["status"]["tracking_url"]]
    if message["parcel"] is not None:
        words += [*COURIERS[answer["shop"]], message["parcel"].split("/")[1], NEXT[message["step"]]]
    return " ".join(words)


def _samples() -> Iterable[Json]:
    """Every half minute; the parcel that no shop names stays parked."""
    for second in range(0, 601, 30):
        yield {"at": later(second), "process": "system", "lag": 0, "parked": 1, "in_flight": 0}
        yield {"at": later(second), "process": "tracking", "rss_bytes": 100_000_000, "pg_connections": 8}
