"""The buyer's page in words: one file for each language, every text with named gaps, the right text for each situation.

Every language has the same keys, so a text is never mixed from two languages.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError

from services.tracking.domain.lifecycle import TROUBLED
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

LANGUAGES = ("es", "en", "pt-BR")
"""The first one is for whoever speaks none of them."""
FOLDER = Path(__file__).parent / "page_words"

ASKS_THE_BUYER = frozenset(
    {
        Condition.ADDRESS_PROBLEM,
        Condition.RECIPIENT_ABSENT,
        Condition.REFUSED,
        Condition.PAYMENT_DUE,
        Condition.DAMAGED,
    }
)
"""Their plain words say already what the buyer must do; what the shop or the carrier mends has words of its own."""


@dataclass(frozen=True)
class Words:
    """One language. `locale` is the reader's own, for dates and country names."""

    language: str
    locale: Locale
    texts: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """Raises KeyError for a text that does not exist or a gap without a value."""
        return self.texts[key].format_map(values)

    def count(self, key: str, n: int) -> str:
        """`2 artículos`: by the plural category of CLDR, `other` where the language file has none for it."""
        category = f"{key}.{self.locale.plural_form(n)}"
        return self.say(category if category in self.texts else f"{key}.other", n=n)

    def of_parcel(self, field: str, stage: Stage, variants: Iterable[str], values: Mapping[str, str]) -> str:
        """`title`, `next` or `event` of a parcel: the first variant that has words of its own, else the stage's."""
        found = (key for key in _keys(field, stage, variants) if key in self.texts)
        return self.say(next(found, f"parcel.{stage}.{field}"), **values)


def _keys(field: str, stage: Stage, variants: Iterable[str]) -> Iterator[str]:
    for variant in variants:
        yield f"parcel.{stage}.{variant}.{field}"
        if stage in TROUBLED:
            yield f"trouble.{variant}.{field}"


def variants_of(
    condition: Condition | None, action_by: Actor | None, delivered_to: DeliveredTo | None, *, late: bool = False
) -> tuple[str, ...]:
    """What a text may be special about, the most telling first. Whoever must act is told so before anything else."""
    found: list[str] = []
    if condition is not None and action_by is not None:
        found.append(f"{condition}_by_{action_by}")
    if action_by is Actor.BUYER and condition not in ASKS_THE_BUYER:
        found.append("by_buyer")
    if condition is not None:
        found.append(condition.value)
    if delivered_to is not None:
        found.append(delivered_to.value)
    if action_by is not None:
        found.append(f"by_{action_by}")
    if late:
        found.append("late")
    return tuple(found)


def words_for(*wanted: str | None) -> Words:
    """The words for the first wish that can be met (BCP 47 tags); dates as the wish has them: `es-MX` reads `es`."""
    for tag in (*wanted, *LANGUAGES):
        language = _language_of(tag) if tag else None
        if tag and language:
            return Words(language, _locale_of(tag, language), _texts(language))
    raise KeyError("no language at all")


def _language_of(tag: str) -> str | None:
    parts = [part.lower() for part in re.split("[-_]", tag)]
    for length in range(len(parts), 0, -1):
        prefix = "-".join(parts[:length])
        found = next((each for each in LANGUAGES if each.lower() == prefix), None)
        if found is not None:
            return found
    return next((each for each in LANGUAGES if each.split("-")[0] == parts[0]), None)


@functools.cache
def _texts(language: str) -> Mapping[str, str]:
    return dict(_flat(tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)


def _locale_of(tag: str, language: str) -> Locale:
    try:
        return Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language, sep="-")
