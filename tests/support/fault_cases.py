"""What goes wrong in the fault matrix: every fake provider with every fault, one message of its own order each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from sandbox.providers import Action, Faults, Rule
from sandbox.providers.faults import Provider
from shared.contracts.orders import Buyer, Consent
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step
from tests.support.notifier_world import id_of, step


@dataclass(frozen=True)
class Fake:
    """A provider by what it can promise. `buyer` makes one whom it alone reaches, at an address of their own."""

    name: str
    provider: Provider
    channel: Channel
    buyer: Callable[[int], Buyer]


FAKES = (
    Fake("keyed", "keyed", Channel.SMS, lambda number: Buyer(name="Lucía Prado", phone=_phone(number))),
    Fake(
        "echoing",
        "graph",
        Channel.WHATSAPP,
        lambda number: Buyer(name="Lucía Prado", phone=_phone(number), consents=(Consent(channel=Channel.WHATSAPP),)),
    ),
    Fake("plain", "smtp", Channel.EMAIL, lambda number: Buyer(name="Lucía Prado", email=f"b{number}@example.com")),
)
FAULTS = tuple(Action)
BATCH = len(FAKES) * len(FAULTS)


@dataclass(frozen=True)
class Case:
    """One message to be sent through one fault, which strikes the first attempt."""

    fake: Fake
    fault: Action
    number: int
    step: StepReached

    @property
    def message(self) -> UUID:
        return id_of(self.step, self.fake.channel)

    def set_up(self, faults: Faults) -> None:
        buyer = self.step.buyer
        to = buyer.email if self.fake.channel is Channel.EMAIL else buyer.phone
        faults.add(
            Rule(
                action=self.fault,
                provider=self.fake.provider,
                to=to,
                times=1,
                retry_after_seconds=1,
                delay_seconds=1.5,
            )
        )

    def __str__(self) -> str:
        return f"{self.fake.name} {self.fault} {self.message}"


def cases(first: int = 0) -> Iterator[Case]:
    """The whole product once, numbered from `first`."""
    for offset, (fake, fault) in enumerate((fake, fault) for fake in FAKES for fault in FAULTS):
        number = first + offset
        yield Case(fake, fault, number, step(Step.SHIPPED, order_id=f"F-{number}", buyer=fake.buyer(number)))


def _phone(number: int) -> str:
    return f"+346{number:08}"
