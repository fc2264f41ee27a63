"""Which carriers a number may belong to, and whether a number can be one of a carrier's at all.

A shop that names the carrier is always right: a failed check is a warning, never a reason to drop what a carrier says.
Most formats prove nothing, so detection answers every candidate, the likeliest first. Sources: UPU S10, GS1, and the
carriers' own documents; where a carrier publishes no rule its numbers have a shape only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from services.tracking.references import check_digits

LONGEST_CHARACTERS = 64
_GROUPING = re.compile(r"[\s.\-]+")


class Fit(StrEnum):
    """What a carrier's formats say of a number."""

    CHECKED = "checked"
    """It has the shape and its check digit agrees."""
    SHAPE = "shape"
    """It has the shape; the carrier prints no check digit that is known."""
    WRONG_DIGIT = "wrong_digit"
    """It has a shape of this carrier alone, and the check digit says that it was typed wrong."""
    NO_SHAPE = "no_shape"
    """None of the carrier's known shapes: seldom, but carriers do give out others."""


@dataclass(frozen=True)
class Format:
    """One kind of number. `check` is None where none is public. `own`: nobody else's numbers look like this."""

    carrier: str
    shape: re.Pattern[str]
    check: Callable[[str], bool] | None = None
    own: bool = False


@dataclass(frozen=True)
class Candidate:
    """A carrier the number may belong to; `certain` when no other carrier's numbers look like it."""

    carrier: str
    fit: Fit
    certain: bool


def _format(carrier: str, shape: str, check: Callable[[str], bool] | None = None, *, own: bool = False) -> Format:
    return Format(carrier, re.compile(shape, re.ASCII), check, own)


FORMATS: tuple[Format, ...] = (
    _format("ups", r"1Z[0-9A-Z]{15}[0-9]", check_digits.ups_1z, own=True),
    _format("ups", r"[AHJKTV][0-9]{10}", check_digits.ups_waybill),
    _format("dhl", r"J[A-Z]{2,3}[0-9]{9,10}", own=True),
    _format("dhl", r"00340[0-9]{15}", check_digits.gs1),
    _format("nacex", r"[0-9]{4}/[0-9]{1,8}", own=True),
    _format("correos", r"[A-Z]{2}[0-9A-Z]{4}[0-9]{16}[A-Z]", check_digits.correos_23, own=True),
    _format("correos", r"PR[0-9]{15}[A-Z]", own=True),
    _format("correios", r"[A-Z]{2}[0-9]{9}BR", check_digits.s10),
    _format("correos", r"[A-Z]{2}[0-9]{9}ES", check_digits.s10),
    _format("correo_argentino", r"[A-Z]{2}[0-9]{9}AR", check_digits.s10),
    _format("laposte", r"[A-Z]{2}[0-9]{9}FR", check_digits.s10),
    _format("chronopost", r"[A-Z]{2}[0-9]{9}FR", check_digits.s10),
    _format("usps", r"[A-Z]{2}[0-9]{9}US", check_digits.s10),
    _format("mrw", r"[0-9]{5}[A-Z][0-9]{6}", own=True),
    _format("dpd", r"[0-9]{27}[0-9A-Z]", check_digits.dpd_28),
    _format("usps", r"9[1-5][0-9]{20}", check_digits.gs1),
    _format("fedex", r"96[0-9]{20}", check_digits.fedex_22),
    _format("usps", r"420[0-9]{25,31}", check_digits.usps_with_zip),
    _format("fedex", r"[0-9]{34}", check_digits.fedex_34),
    # Ten digits and more without a letter: several carriers each, those with a check digit first.
    _format("dhl", r"[0-9]{10}", check_digits.mod_7),
    _format("estafeta", r"[0-9]{10}"),
    _format("chilexpress", r"[0-9]{10}"),
    _format("mercado_envios", r"[0-9]{10,11}"),
    _format("gls", r"[0-9]{11}"),
    _format("dhl", r"[0-9]{11}", check_digits.mod_7),
    _format("chilexpress", r"[0-9]{11}"),
    _format("fedex", r"[0-9]{12}", check_digits.fedex_12),
    _format("mrw", r"[0-9]{12}"),
    _format("dhl", r"[0-9]{12}"),
    _format("chilexpress", r"[0-9]{12}"),
    _format("gls", r"[0-9]{12}"),
    _format("dpd", r"[0-9]{14}"),
    _format("seur", r"[0-9]{14}"),
    _format("gls_spain", r"[0-9]{14}"),
    _format("dhl", r"[0-9]{14}"),
    _format("fedex", r"[0-9]{15}", check_digits.fedex_15),
    _format("andreani", r"[0-9]{15}"),
    _format("correos_express", r"[0-9]{16}"),
    _format("correos", r"[0-9]{16}"),
    _format("fedex", r"[0-9]{18}", check_digits.gs1),
    _format("oca", r"[0-9]{19}"),
    _format("usps", r"[0-9]{20}", check_digits.gs1),
    _format("seur", r"[0-9]{21}"),
    _format("ctt_express", r"[0-9]{22}"),
    _format("estafeta", r"[0-9A-Z]{22}"),
    _format("correos_express", r"[0-9]{23}"),
    _format("correo_argentino", r"[0-9A-Z]{23}"),
    _format("ctt_express", r"[0-9]{25}"),
    # Shapes that hold nearly everything come last.
    _format("gls", r"(?=.*[0-9])(?=.*[A-Z])[0-9A-Z]{8}"),
    _format("dhl", r"(GM|LX|RX|UV|CN|SG|TH|IN|HK|MY)[0-9]{10,39}"),
)
"""In the order in which a number without a carrier is to be tried."""

EXEMPT = frozenset({"1ZCIETST0111111114", "1ZCIETST0422222228"})
"""Numbers of the carriers' own test systems, which need not agree with themselves (developer.ups.com, Track Alert)."""


def normalise(reference: str) -> str:
    """As the rules read it: upper case, without spaces, dots and hyphens. The slash of an agency's number stays."""
    return _GROUPING.sub("", reference.strip()).upper()


def fit_of(carrier: str, reference: str) -> Fit | None:
    """What this carrier's formats say of the number; None for a carrier whose numbers have no known shape."""
    number = normalise(reference)
    formats = [each for each in FORMATS if each.carrier == carrier]
    if not formats:
        return None
    shaped = [each for each in formats if each.shape.fullmatch(number)]
    if not shaped:
        return Fit.NO_SHAPE
    fits = [_fit(each, number) for each in shaped]
    return next((best for best in (Fit.CHECKED, Fit.SHAPE) if best in fits), Fit.WRONG_DIGIT)


def candidates(reference: str) -> tuple[Candidate, ...]:
    """Every carrier that the number may belong to, the likeliest first; none for free text.

    A carrier whose check digit disagrees is left out, unless the shape is its own: then the number was typed wrong.
    """
    number = normalise(reference)
    if len(number) > LONGEST_CHARACTERS:
        return ()
    found: dict[str, Candidate] = {}
    for each in FORMATS:
        if each.carrier in found or not each.shape.fullmatch(number):
            continue
        fit = _fit(each, number)
        if fit is Fit.WRONG_DIGIT and not each.own:
            continue
        if each.own:
            return (Candidate(each.carrier, fit, certain=True),)
        found[each.carrier] = Candidate(each.carrier, fit, certain=False)
    return tuple(found.values())


def _fit(form: Format, number: str) -> Fit:
    if form.check is None:
        return Fit.SHAPE
    return Fit.CHECKED if number in EXEMPT or form.check(number) else Fit.WRONG_DIGIT
