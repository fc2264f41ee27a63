"""What speaks against a reference as a shop wrote it. A warning, never more: a shop that names the carrier is right."""

from __future__ import annotations

from functools import lru_cache

from services.tracking.references.formats import Fit, fit_of

CHECK_DIGIT = "check_digit"
"""The carrier's own check digit says that the number was typed wrong."""


@lru_cache(maxsize=16_384)
def warnings_of(carrier: str, reference: str) -> tuple[str, ...]:
    """Short fixed words; none for most references."""
    return (CHECK_DIGIT,) if fit_of(carrier, reference) is Fit.WRONG_DIGIT else ()
