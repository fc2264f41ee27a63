"""What aggregators have in common: whose parcel it really is, by the name that the aggregator has for its carrier."""

from __future__ import annotations

import re
from collections.abc import Mapping

from services.carrier_gateway.carriers.plain_text import LONGEST, clean, plain

_NAME = re.compile(r"[a-z][a-z0-9_-]{1,39}", re.ASCII)


def real_carrier(known: Mapping[str, str], name: str | None, own: str) -> str:
    """Our id for the aggregator's name of a carrier, whatever its capitals; `own`, the aggregator's, when unknown.

    A name that ends in `-*` stands for all that begin like it.
    """
    return _id_of(known, name) or own


def named_text(known: Mapping[str, str], name: str | None, text: str | None) -> str | None:
    """The carrier's sentence for operators, after the carrier's name where we have no id for it."""
    sentence = plain(text)
    stranger = (name or "").strip().lower()
    if _id_of(known, name) is not None or not _NAME.fullmatch(stranger):
        return sentence
    return clean(f"{stranger}: {sentence}" if sentence else stranger, LONGEST)


def _id_of(known: Mapping[str, str], name: str | None) -> str | None:
    asked = (name or "").strip().lower()
    return known.get(asked) or known.get(asked.split("-")[0] + "-*")
