"""Texts with named gaps, and the way to the right one: the shop's own, the dialect's, the language's.

A text is data, never a program: all it may hold beside words is `{{ name }}`. Anything else is refused when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from services.notifier.wording.unrenderable import BadWording
from services.notifier.wording.variants import name_of
from shared.contracts.vocabulary import Step

FIELDS = ("subject", "headline", "happened", "next", "sms", "sms_next")
"""What every step says, in its own words: `sms` and `sms_next` are the short forms of `happened` and `next`."""

_GAP = re.compile(r"\{\{[ \t]*([A-Za-z_][A-Za-z_0-9]*)[ \t]*\}\}")


@dataclass(frozen=True)
class Gap:
    """`{{ name }}` in a text."""

    name: str


Piece = str | Gap


@lru_cache(maxsize=4096)
def pieces(source: str) -> tuple[Piece, ...]:
    """The text cut into words and gaps. Raises BadWording when it holds more than those.

    Nothing is ever evaluated: braces that are not a gap are refused, so there is nothing that could be.
    """
    found: list[Piece] = []
    for place, part in enumerate(_GAP.split(source)):
        if place % 2:
            found.append(Gap(part))
        elif "{" in part or "}" in part:
            raise BadWording(f"{source[:60]!r}: only words and {{{{ name }}}} may stand in a text")
        elif part:
            found.append(part)
    return tuple(found)


@lru_cache(maxsize=4096)
def gaps(source: str) -> frozenset[str]:
    """The names that the text waits for. Raises BadWording as `pieces` does."""
    return frozenset(piece.name for piece in pieces(source) if isinstance(piece, Gap))


def fill(source: str, values: Mapping[str, str]) -> str:
    """The text with its gaps filled; what fills them is not looked at. Raises BadWording when a gap has no value."""
    try:
        return "".join(piece if isinstance(piece, str) else values[piece.name] for piece in pieces(source))
    except KeyError as error:
        raise BadWording(f"{source[:60]!r}: {error.args[0]} has no value") from error


@dataclass(frozen=True)
class Language:
    """One file: `messages/<tag>.toml`, flattened to dotted keys. Without `base` it is complete."""

    tag: str
    base: str | None
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Speech:
    """One language as one shop speaks it to one buyer. `locale` is the buyer's own, for dates and amounts."""

    tag: str
    locale: Locale
    texts: Mapping[str, str]
    overrides: Mapping[str, str]
    """The shop's own words, keyed like `texts`; they win."""

    @property
    def without_overrides(self) -> Speech:
        return replace(self, overrides={})

    def has(self, key: str) -> bool:
        return key in self.overrides or key in self.texts

    def source(self, key: str) -> str:
        source = self.overrides.get(key) or self.texts.get(key)
        if source is None:
            raise BadWording(f"{self.tag}: the text {key} is missing")
        return source

    def step_source(self, step: Step, variant: str | None, field: str) -> str:
        """The variant's words, or the step's plain ones where the variant says nothing of its own."""
        own = f"{name_of(step, variant)}.{field}"
        return self.source(own if self.has(own) else f"{step.value}.{field}")

    def say(self, key: str, values: Mapping[str, str] | None = None) -> str:
        try:
            return fill(self.source(key), values or {})
        except BadWording as error:
            raise BadWording(f"{self.tag}: {key}: {error}") from error

    def count(self, key: str, number: int) -> str:
        """`2 días`: the CLDR plural category picks among `<key>.one`, `<key>.other` and so on."""
        category = f"{key}.{self.locale.plural_form(number)}"
        return self.say(category if self.has(category) else f"{key}.other", {"n": str(number)})


def speech(chain: tuple[Language, ...], locale: str | None, overrides: Mapping[str, str]) -> Speech:
    """`chain` is the language and then what it builds on. Overrides are keyed `<tag>.<key>`; the dialect's own win."""
    texts: dict[str, str] = {}
    shops_words: dict[str, str] = {}
    for language in reversed(chain):
        prefix = f"{language.tag}."
        texts |= language.texts
        shops_words |= {k.removeprefix(prefix): v for k, v in overrides.items() if k.startswith(prefix)}
    return Speech(chain[0].tag, _locale_for(chain[0].tag, locale), texts, shops_words)


def truncations(locale: str) -> tuple[str, ...]:
    """`es-Latn-AR`, `es-Latn`, `es`: from the most to the least special (RFC 4647, lookup)."""
    parts = re.split("[-_]", locale)
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))


def _locale_for(tag: str, wanted: str | None) -> Locale:
    same_language = wanted is not None and truncations(wanted)[-1] == truncations(tag)[-1]
    candidates = (truncations(wanted) if wanted is not None and same_language else ()) + truncations(tag)
    for candidate in candidates:
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise BadWording(f"{tag}: no such language in CLDR")
