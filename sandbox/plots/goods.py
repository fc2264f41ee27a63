"""What the demo bookshop sells, and what it asks for it in each country."""

from __future__ import annotations

from random import Random

from shared.contracts.orders import Line, Money

_TITLES = (
    "El faro y la niebla",
    "Cuaderno de mareas, tapa dura",
    "Atlas de islas que no existen",
    "Recetas de una cocina pequeña",
    "La casa de los relojes parados",
    "Juego de plumillas y tinta azul",
    "Breve historia del viento",
    "Mapa ilustrado de los faros del norte",
    "Lámpara de lectura con pinza",
    "Poemas para un viaje en tren",
    "El jardín de la calle Abril",
    "Taza «Leo, luego existo»",
)
_PRICES_EUR_CENTS = (1890, 2450, 3200, 1575, 2100, 2990, 1745, 1200, 3495, 1390, 1990, 1150)
_CURRENCY = {"ES": ("EUR", 1), "AR": ("ARS", 1500), "MX": ("MXN", 20), "GB": ("GBP", 1), "US": ("USD", 1)}


def basket(random: Random, country: str) -> tuple[tuple[Line, ...], Money]:
    """One to three titles and their total with shipping, in the money of the country."""
    chosen = random.sample(range(len(_TITLES)), k=random.choice((1, 2, 2, 3)))
    lines = tuple(
        Line(id=str(position), title=_TITLES[index], quantity=random.choice((1, 1, 1, 2)))
        for position, index in enumerate(chosen, start=1)
    )
    currency, factor = _CURRENCY[country]
    goods = sum(_PRICES_EUR_CENTS[index] * line.quantity for index, line in zip(chosen, lines, strict=True))
    return lines, Money(amount=(goods + goods // 20) * factor, currency=currency)
