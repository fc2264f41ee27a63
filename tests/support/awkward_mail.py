"""E-mails that are hard to lay out: everything is in them, as long and as odd as a shop could send it."""

from __future__ import annotations

from dataclasses import replace

from services.notifier.render import render
from shared.contracts.orders import Line, Policies, Policy
from shared.contracts.shipments import Location
from shared.contracts.vocabulary import Channel, Step
from tests.support.steps_reached import FARO, LUCIA, catalog, home_delivery, with_order, with_parcel

LONG_SHOP = FARO.model_copy(
    update={
        "name": "Papelería, Librería y Regalos La Encantadora Señorita de Villafranca del Penedès e Hijos 📚",
        "website": "https://www.papeleria-libreria-y-regalos-la-encantadora-senorita-de-villafranca.example/inicio",
    }
)
_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
_TITLES = (_WORD * 2, "👩‍👩‍👧 Puzle 🇪🇸 ❤️ " * 5, "Cuaderno de tapa dura, 200 páginas", "漢字練習帳" * 20)


def awkward_mail(step: Step, variant: str | None, language: str, *, colour: str = "#0b6e4f") -> str:
    """The HTML of the wording with awkward data."""
    lines = tuple(Line(id=str(number), title=title, quantity=1_000_000) for number, title in enumerate(_TITLES * 4))
    link = f"https://seguimiento.libreriafaro.example/t/{'Zk3vQ8mN1xT7rB5wLc0yHd' * 4}"
    policy = Policy(version="1", url="https://libreriafaro.example/devoluciones", days=14)
    reached = with_order(home_delivery(step, variant), lines=lines, policies=Policies(returns=policy, warranty=policy))
    reached = reached.model_copy(update={"order_id": "PEDIDO_" + "9" * 57, "tracking_url": link})
    if reached.parcel is not None:
        reached = with_parcel(
            with_order(reached, parcels_total=12),
            carrier_name="Mensajería Urgente Internacional Costa del Sol y Campo de Gibraltar",
            reference="W" * 35,
            carrier_url=f"https://costadelsol.example/seguimiento?ref={'W' * 35}",
            location=Location(city="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", country="GB"),
        )
    message = render(
        catalog(),
        reached,
        LONG_SHOP.model_copy(update={"colour": colour}),
        replace(LUCIA, name="Maximiliana-Guadalupe-Inmaculada Prado", locale=language),
        Channel.EMAIL,
        preferences_url="https://seguimiento.libreriafaro.example/preferences/Zk3vQ8mN1xT7rB5wLc0yHd",
        unsubscribe_url="https://seguimiento.libreriafaro.example/unsubscribe/Zk3vQ8mN1xT7rB5wLc0yHd",
    )
    assert message.html is not None
    return message.html
