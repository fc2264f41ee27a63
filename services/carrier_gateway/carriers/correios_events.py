"""What the events of Correios mean, by code and type; and by sentence, for codes without a row."""

from __future__ import annotations

from collections.abc import Iterator

from services.carrier_gateway.parts.base import UNMAPPED, Row, code_table
from services.carrier_gateway.parts.wording import Wording
from shared.contracts.vocabulary import Actor, Condition, Stage

_MOVING = Row(Stage.IN_TRANSIT)
_LATE = Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)
_WAITS = Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER)
_GOES_BACK = Row(Stage.RETURNING, action_by=Actor.SHOP)
_GOES_BACK_FROM_CUSTOMS = Row(Stage.RETURNING, Condition.CUSTOMS, Actor.SHOP)
_GOES_BACK_FOR_ADDRESS = Row(Stage.RETURNING, Condition.ADDRESS_PROBLEM, Actor.SHOP)
_ADDRESS_ASKED = Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER)
_ABSENT = Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)
_DAMAGED = Row(Stage.IN_TRANSIT, Condition.DAMAGED, Actor.SHOP)
_LOST = Row(Stage.LOST, action_by=Actor.CARRIER)
_DISCARDED = Row(Stage.LOST, action_by=Actor.SHOP)
_SEIZED = Row(Stage.LOST, Condition.CUSTOMS, Actor.SHOP)
_CUSTOMS_ASKS = Row(Stage.IN_TRANSIT, Condition.CUSTOMS, Actor.BUYER)

_DELIVERY = (
    (_ABSENT, ("02", "18", "20", "25")),
    (Row(Stage.DELIVERED), ("01",)),
    (_GOES_BACK, ("03", "05", "12", "14", "26", "36", "48", "49", "64", "89")),
    (Row(Stage.RETURNING, Condition.REFUSED, Actor.SHOP), ("04",)),
    (_GOES_BACK_FOR_ADDRESS, ("06", "07", "08", "10")),
    (_LATE, ("09", "30", "47", "83", "84")),
    (_LOST, ("13", "29", "50", "51", "52", "80", "98")),
    (_ADDRESS_ASKED, ("19", "34", "82")),
    (Row(Stage.RETURNING, Condition.RECIPIENT_ABSENT, Actor.SHOP), ("21",)),
    (_MOVING, ("22",)),
    (Row(Stage.RETURNED, action_by=Actor.SHOP), ("23",)),
    (_DAMAGED, ("28", "37", "86")),
    (Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER), ("33",)),
    (_GOES_BACK_FROM_CUSTOMS, ("40", "42", "62")),
    (_SEIZED, ("43", "71", "72", "73", "74", "75", "76")),
    (_CUSTOMS_ASKS, ("44", "55", "56")),
    (Row(Stage.IN_TRANSIT, Condition.PAYMENT_DUE, Actor.BUYER), ("54",)),
    (_DISCARDED, ("60", "61")),
    (UNMAPPED, ("38", "39")),
)


def _delivery_rows() -> Iterator[tuple[str, Row]]:
    for row, numbers in _DELIVERY:
        for number in numbers:
            for letters in ("BDE", "BDI", "BDR"):
                yield f"{letters}/{number}", row


CODES = code_table(
    ("FC/82", Row(Stage.REGISTERED)),
    *((code, Row(Stage.ACCEPTED)) for code in ("PO/01", "PO/09", "PAR/16")),
    *((code, _MOVING) for code in ("DO/01", "DO/02", "RO/01", "PAR/07", "PAR/10")),
    ("PAR/21", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
    ("PAR/24", _GOES_BACK_FROM_CUSTOMS),
    ("PAR/40", _GOES_BACK_FROM_CUSTOMS),
    ("FC/03", _LATE),
    ("FC/04", _ADDRESS_ASKED),
    ("FC/08", _LATE),
    ("FC/41", Row(Stage.IN_TRANSIT, Condition.CUSTOMS, Actor.SHOP)),
    ("OEC/01", Row(Stage.OUT_FOR_DELIVERY)),
    ("OEC/09", _GOES_BACK),
    *((code, _WAITS) for code in ("LDI/01", "LDI/02", "LDI/03", "LDI/04")),
    *_delivery_rows(),
)

_NEGATED = r"\b(?:NAO|NUNCA|SEM)\b"
"""Not the common list: `no` is Portuguese for "in the"."""
_FORECAST = r"\b(?:SERA|PREVIST[AO]|PREVISAO|AGUARDE)\b"

WORDINGS = (
    Wording(
        name="out_to_sender",
        pattern=r"\bSAIU PARA ENTREGA AO REMETENTE",
        row=_GOES_BACK,
        examples=("Objeto saiu para entrega ao remetente",),
        unless=_NEGATED,
    ),
    Wording(
        name="returned",
        pattern=r"\bENTREGUE AO REMETENTE",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Objeto entregue ao remetente",),
        unless=rf"{_NEGATED}|{_FORECAST}",
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bSAIU PARA ENTREGA AO DESTINATARIO",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("Objeto saiu para entrega ao destinatário",),
        unless=_NEGATED,
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"\bAGUARDANDO RETIRADA",
        row=_WAITS,
        examples=("Objeto aguardando retirada no endereço indicado",),
        unless=_NEGATED,
    ),
    Wording(
        name="delivered",
        pattern=r"\bENTREGUE AO DESTINATARIO",
        row=Row(Stage.DELIVERED),
        examples=("Objeto entregue ao destinatário",),
        unless=rf"{_NEGATED}|{_FORECAST}",
    ),
    Wording(
        name="payment_due",
        pattern=r"\bAGUARDANDO PAGAMENTO",
        row=Row(Stage.IN_TRANSIT, Condition.PAYMENT_DUE, Actor.BUYER),
        examples=("Aguardando pagamento",),
        unless=_NEGATED,
    ),
    Wording(
        name="customs",
        pattern=r"\bFISCALIZACAO\b",
        row=Row(Stage.IN_TRANSIT, Condition.CUSTOMS),
        examples=("Encaminhado para fiscalização aduaneira",),
        unless=_NEGATED,
    ),
    Wording(
        name="label_registered",
        pattern=r"\bETIQUETA EMITIDA",
        row=Row(Stage.REGISTERED),
        examples=("Etiqueta emitida",),
        unless=_NEGATED,
    ),
    Wording(
        name="posted",
        pattern=r"\bOBJETO POSTADO",
        row=Row(Stage.ACCEPTED),
        examples=("Objeto postado",),
        unless=_NEGATED,
    ),
    Wording(
        name="moving",
        pattern=r"\bEM TRANSITO|\bENCAMINHADO",
        row=_MOVING,
        examples=("Objeto em trânsito - por favor aguarde", "Objeto encaminhado"),
        unless=_NEGATED,
    ),
)
