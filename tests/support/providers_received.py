"""Builders for what simulated providers accepted and what the orders endpoint says of it, for a plot told in full."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5

from sandbox.beats import Hears, Plot
from sandbox.facts import CARRIER_NAMES, phone_for
from sandbox.next_words import WORDS
from sandbox.people import PEOPLE, Person
from sandbox.plots.draft import Draft
from sandbox.providers import Accepted
from sandbox.received import OrderAnswer, Told
from sandbox.story import PlotMaker
from shared.contracts.vocabulary import Channel, Verdict

NOW = datetime(2026, 3, 24, 11, 30, tzinfo=UTC)
LINK = "http://127.0.0.1:8002/t/Zk3vQ8mN1xT7rB5wLc0yHd"
_PROVIDER = {Channel.EMAIL: "smtp", Channel.SMS: "twilio", Channel.WHATSAPP: "graph"}


def plot_of(make: PlotMaker, buyer: Person = PEOPLE[0]) -> Plot:
    return make(Draft(number=10_001, buyer=buyer, random=Random(1), now=NOW))


def sentence_for(hears: Hears) -> str:
    """What happens next, in the words of the Spanish language file; anything in the gaps."""
    words = tomllib.loads((WORDS / "es.toml").read_text("utf-8"))
    text = words[hears.step]["sms_next" if hears.channel is Channel.SMS else "next"]
    for table in ("arrival", "arrival_short", "aftercare"):
        text = re.sub(rf"\{{\{{ {table} \}}\}}", words[table].get("unknown") or words[table].get("none") or "", text)
    return re.sub(r"\{\{.*?\}\}", "x", text)


def body_for(hears: Hears, plot: Plot) -> str:
    parcel = next((p for p in plot.parcels if p.key == hears.parcel), None)
    if parcel is None:
        return f"{hears.step}: {LINK}"
    phone = phone_for(parcel, plot.buyer.country)
    return f"{hears.step}. {sentence_for(hears)} {CARRIER_NAMES[parcel.carrier]}, {parcel.reference}, {phone} {LINK}"


@dataclass
class Delivered:
    """A plot and everything its buyer got of it; tests take away or add, and look what is found."""

    plot: Plot
    accepted: list[Accepted]
    told: list[Told]

    @property
    def answers(self) -> dict[str, OrderAnswer]:
        order = OrderAnswer(
            order_id=self.plot.order_id, state="delivered", tracking_url=LINK, messages=tuple(self.told)
        )
        return {self.plot.order_id: order}

    def rewrite(self, number: int, text: str, html: str | None = None) -> None:
        self.accepted[number] = self.accepted[number].model_copy(update={"text": text, "html": html})


def delivered_in_full(plot: Plot) -> Delivered:
    delivered = Delivered(plot, [], [])
    for number, hears in enumerate(plot.must):
        accept(delivered, hears, occurrence=str(number))
    return delivered


def accept(delivered: Delivered, hears: Hears, *, occurrence: str = "1", twin: int = 0) -> None:
    """One message that a provider took and the product knows of. `twin` > 0: the same message once more."""
    message = uuid5(NAMESPACE_URL, f"{hears}{occurrence}")
    delivered.accepted.append(accepted(hears, body_for(hears, delivered.plot), message, twin=twin))
    if not twin:
        delivered.told.append(
            Told(
                id=message,
                step=hears.step,
                occurrence=occurrence,
                parcel=hears.parcel,
                recipient="buyer",
                channel=hears.channel,
                verdict=Verdict.SENT,
                reason="accepted",
            )
        )


def accepted(hears: Hears, text: str, message: UUID | None, *, twin: int = 0) -> Accepted:
    return Accepted(
        at=NOW,
        provider=_PROVIDER[hears.channel],
        channel=hears.channel,
        to=hears.address,
        sender="+34600000000",
        message_id=message,
        provider_message_id=f"{message}-{twin}",
        sha256="0" * 64,
        subject="Tu pedido" if hears.channel is Channel.EMAIL else None,
        text=text,
        html=f"<html><head><title>x</title></head><body><p>{text}</p></body></html>"
        if hears.channel is Channel.EMAIL
        else None,
    )
