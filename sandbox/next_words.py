"""What happens next, as the language files say it: read as data, to look for it in what the providers received.

Nothing of the notifier is imported: whoever forgets to put the sentence into a message cannot make this forget it too.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from shared.contracts.vocabulary import Channel, Step

WORDS = Path(__file__).parent.parent / "services" / "notifier" / "messages"
_GAP = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_SENTENCES_IN = ("arrival", "arrival_short", "aftercare")
"""Gaps that are whole sentences from a table of the same name."""
_SHORTENED = {"aftercare_short": ("aftercare", "short")}


def plain(text: str) -> str:
    """One line, no accents, small letters: an SMS leaves accents out, a mail breaks lines."""
    stripped = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return " ".join(stripped.casefold().split())


def says_what_is_next(body: str, step: Step, channel: Channel, language: str) -> bool:
    """True when one of the step's wordings for what happens next stands in the body."""
    text = plain(body)
    return any(pattern.search(text) for pattern in patterns(step, channel, language))


@cache
def patterns(step: Step, channel: Channel, language: str) -> tuple[re.Pattern[str], ...]:
    """One for each wording of the step and its variants. Raises KeyError for a language nobody has written."""
    key = "sms_next" if channel is Channel.SMS else "next"
    return tuple(re.compile(found) for words in _files(language) for found in _wordings(words, step, key))


def _files(language: str) -> Iterator[Mapping[str, Any]]:
    """The language's own file and each of its dialects laid over it; without a file of its own, each dialect alone."""
    base, dialects = WORDS / f"{language}.toml", sorted(WORDS.glob(f"{language}-*.toml"))
    if not base.exists() and not dialects:
        raise KeyError(f"no words for {language!r} in {WORDS}")
    words = _read(base) if base.exists() else {}
    if words:
        yield words
    for dialect in dialects:
        yield _laid_over(words, _read(dialect))


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def _laid_over(base: Mapping[str, Any], dialect: Mapping[str, Any]) -> dict[str, Any]:
    found = {**base, **dialect}
    for key in base.keys() & dialect.keys():
        if isinstance(base[key], dict) and isinstance(dialect[key], dict):
            found[key] = _laid_over(base[key], dialect[key])
    return found


def _wordings(words: Mapping[str, Any], step: Step, key: str) -> Iterator[str]:
    section = words.get(step.value, {})
    for wording in (section, *(value for value in section.values() if isinstance(value, dict))):
        if key in wording:
            yield _pattern(wording[key], words)


def _pattern(template: str, words: Mapping[str, Any]) -> str:
    """The fixed words in their order, anything between them; what a gap's own table says counts as fixed."""
    parts = _GAP.split(template)
    fixed, gaps = parts[::2], parts[1::2]
    pattern = _fixed(fixed[0])
    for gap, after in zip(gaps, fixed[1:], strict=True):
        pattern += f"(?:{'|'.join(_fillings(gap, words)) or '.+?'})" + _fixed(after)
    return pattern


def _fillings(gap: str, words: Mapping[str, Any]) -> Iterable[str]:
    if gap in _SHORTENED:
        table, key = _SHORTENED[gap]
        return [*_patterns_of([words[table][key]] if key in words.get(table, {}) else [], words), ""]
    if gap in _SENTENCES_IN:
        return _patterns_of([text for text in words.get(gap, {}).values() if isinstance(text, str)], words)
    return ()


def _patterns_of(texts: Iterable[str], words: Mapping[str, Any]) -> list[str]:
    return [_pattern(text, words) for text in texts]


def _fixed(text: str) -> str:
    """Spaces at the edges are optional: a gap beside them may be empty."""
    inner = re.escape(plain(text)).replace(r"\ ", r"\s+")
    return rf"\s*{inner}\s*" if inner else r"\s*"
