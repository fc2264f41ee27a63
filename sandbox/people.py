"""The buyers of the sandbox: invented people, reserved mail domain, numbers of zeros that belong to nobody.

Everything a plot needs to know of a person is here: which language and zone, and on which channels they can be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from shared.contracts.orders import Buyer, Consent, Recipient
from shared.contracts.vocabulary import Channel

_CONSENT_GIVEN = datetime(2026, 1, 7, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    """One buyer. `whatsapp` says that they agreed to be written to there."""

    name: str
    locale: str
    zone: str
    country: str
    city: str
    postal_code: str
    email: str | None
    phone: str | None
    whatsapp: bool = False

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Where the demo shop reaches them: by mail, and by the first of WhatsApp and SMS that works for them."""
        mail = (Channel.EMAIL,) if self.email else ()
        if not self.phone:
            return mail
        return (*mail, Channel.WHATSAPP if self.whatsapp else Channel.SMS)

    def address(self, channel: Channel) -> str:
        """The mail address, or the phone in E.164. Raises ValueError when the person has none."""
        found = self.email if channel is Channel.EMAIL else self.phone
        if found is None:
            raise ValueError(f"{self.name} cannot be reached by {channel}")
        return found

    @property
    def consents(self) -> tuple[Consent, ...]:
        if not self.whatsapp:
            return ()
        return (Consent(channel=Channel.WHATSAPP, granted_at=_CONSENT_GIVEN, evidence="casilla del pedido"),)

    def as_buyer(self) -> Buyer:
        return Buyer(
            name=self.name,
            email=self.email,
            phone=self.phone,
            locale=self.locale,
            timezone=self.zone,
            consents=self.consents,
        )

    def as_recipient(self) -> Recipient:
        """The same person as somebody else's gift finds them."""
        return Recipient(
            role="receiver",
            name=self.name,
            email=self.email,
            phone=self.phone,
            locale=self.locale,
            consents=self.consents,
        )


@dataclass(frozen=True)
class _Place:
    locale: str
    zone: str
    country: str
    city: str
    postal_code: str
    phone_prefix: str


_MADRID = _Place("es-ES", "Europe/Madrid", "ES", "Madrid", "28013", "+3460000")
_SEVILLA = _Place("es-ES", "Europe/Madrid", "ES", "Sevilla", "41004", "+3460001")
_LAS_PALMAS = _Place("es-ES", "Atlantic/Canary", "ES", "Las Palmas", "35001", "+3460002")
_ROSARIO = _Place("es-AR", "America/Argentina/Buenos_Aires", "AR", "Rosario", "S2000", "+549110000")
_PUEBLA = _Place("es-MX", "America/Mexico_City", "MX", "Puebla", "72000", "+52550000")
_LEEDS = _Place("en-GB", "Europe/London", "GB", "Leeds", "LS1 4DY", "+44740000")
_AUSTIN = _Place("en-US", "America/Chicago", "US", "Austin", "73301", "+120255501")

# name, place, mail, phone, WhatsApp
_ROWS: tuple[tuple[str, _Place, bool, bool, bool], ...] = (
    ("Lucía Ferrer", _MADRID, True, True, True),
    ("Mateo Valdivia", _MADRID, True, True, False),
    ("Carmen Olmedo", _SEVILLA, True, True, True),
    ("Íñigo Ansorena", _MADRID, True, False, False),
    ("Rocío Peñalver", _SEVILLA, False, True, False),
    ("Valentina Sosa", _ROSARIO, True, True, True),
    ("Harriet Colby", _LEEDS, True, True, False),
    ("Bruno Castells", _MADRID, True, True, False),
    ("Nuria Escribano", _MADRID, False, True, True),
    ("Tadeo Bianchi", _ROSARIO, True, True, False),
    ("Ximena Robledo", _PUEBLA, True, True, True),
    ("Gonzalo Aramburu", _LAS_PALMAS, True, True, True),
    ("Pilar Montesinos", _SEVILLA, True, False, False),
    ("Owen Pritchard", _LEEDS, True, True, True),
    ("Aitana Vilches", _MADRID, True, True, True),
    ("Julián Arrieta", _MADRID, True, True, False),
    ("Marisol Quiroga", _ROSARIO, True, False, False),
    ("Ernesto Laguardia", _PUEBLA, True, True, False),
    ("Candela Bravo", _SEVILLA, True, True, True),
    ("Dolores O'Farrill", _MADRID, True, True, False),
    ("Saúl Benítez", _LAS_PALMAS, True, True, False),
    ("Maya Whitfield", _AUSTIN, True, True, False),
    ("Irene Galdós", _MADRID, True, True, True),
    ("Hugo Zabaleta", _MADRID, False, True, False),
    ("Amparo Llorente", _SEVILLA, True, True, False),
    ("Joaquín Peralta", _ROSARIO, False, True, True),
    ("Noa Santisteban", _MADRID, True, True, True),
    ("Ramón Cifuentes", _MADRID, True, True, False),
    ("Fernanda Oropeza", _PUEBLA, True, True, True),
    ("Elías Mondragón", _MADRID, True, False, False),
    ("Teresa Bujalance", _SEVILLA, True, True, True),
    ("Daniel Arce-Muñoz", _LAS_PALMAS, True, True, False),
)

_PLAIN_LETTERS = str.maketrans("áéíóúñÍ", "aeiouni", "'")


def _person(number: int, name: str, place: _Place, mail: bool, phone: bool, whatsapp: bool) -> Person:
    box = name.translate(_PLAIN_LETTERS).lower().replace(" ", ".")
    digits = {"US": 2, "AR": 4}.get(place.country, 4)
    return Person(
        name=name,
        locale=place.locale,
        zone=place.zone,
        country=place.country,
        city=place.city,
        postal_code=place.postal_code,
        email=f"{box}@example.com" if mail else None,
        phone=f"{place.phone_prefix}{number:0{digits}}" if phone else None,
        whatsapp=whatsapp,
    )


PEOPLE: tuple[Person, ...] = tuple(_person(number, *row) for number, row in enumerate(_ROWS, start=1))
