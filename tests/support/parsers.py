"""Everything that reads what others send: carriers' pushes and answers, providers' receipts, bounced mail, signatures.

Each with the longest body it is ever given, the one way in which it may refuse, and samples to start from. Receipts are
signed here, so that what is behind the check is reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.parts import base
from services.carrier_gateway.parts.bearer import read_token
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.polling.asking import ANSWER_LIMIT_BYTES
from shared.signatures import BadSignature
from shared.web import WEBHOOK_LIMIT_BYTES
from tests.support.carrier_samples import OTHER_SECRET, SECRET, samples_of
from tests.support.receipt_parsers import RECEIPTS

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
TOKEN = b'{"access_token": "abc", "expires_in": "14399"}'


@dataclass(frozen=True)
class Parser:
    """`read` may raise what `refuses` names, and nothing else."""

    name: str
    read: Callable[[bytes], object]
    longest: int
    refuses: tuple[type[Exception], ...]
    samples: tuple[bytes, ...]

    def __str__(self) -> str:
        return self.name

    def survives(self, body: bytes) -> None:
        """Raises only what is a defect of the parser."""
        try:
            self.read(body)
        except self.refuses:
            return


def _of_carriers() -> Iterator[Parser]:
    for carrier in CARRIERS:
        samples = tuple(sample.payload for sample in samples_of(carrier))
        yield Parser(f"push-{carrier.id}", carrier.parse, WEBHOOK_LIMIT_BYTES, (base.Malformed,), samples)
        if carrier.pull is not None:
            read = partial(_answer, carrier.pull)
            yield Parser(f"pull-{carrier.id}", read, ANSWER_LIMIT_BYTES, (base.Malformed,), samples)


def _answer(pull: Pull, body: bytes) -> base.Parsed:
    return pull.read(Query("00340434161094042557", "ES", "35001"), body)


def _signatures(value: bytes) -> None:
    """The same value in each header that a carrier signs with, as a web server hands it over."""
    for carrier in CARRIERS:
        header = dict.fromkeys(carrier.signature.sign(b"{}", SECRET, "id", NOW), value.decode("latin-1"))
        try:
            carrier.verify(b"{}", header, [OTHER_SECRET], NOW)
        except BadSignature:
            continue
        raise AssertionError(f"{carrier.id} took a forged signature")


def _seals() -> tuple[bytes, ...]:
    return tuple(
        {value.encode() for carrier in CARRIERS for value in carrier.signature.sign(b"{}", SECRET, "id", NOW).values()}
    )


PARSERS: tuple[Parser, ...] = (
    *_of_carriers(),
    Parser("token", read_token, ANSWER_LIMIT_BYTES, (base.Malformed,), (TOKEN,)),
    *(Parser(*receipt) for receipt in RECEIPTS),
    Parser("signatures", _signatures, 8 * 1024, (), _seals()),
)


def parser_named(name: str) -> Parser:
    return next(parser for parser in PARSERS if parser.name == name)
