"""The words of the preferences page: one small file for each language, all with the same keys.

The page speaks the language that its reader chose for messages, else the nearest one it has.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.notifier.wording.words import truncations

FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("es", "en", "pt-BR")
"""The first one is for whoever reads none of them."""


@dataclass(frozen=True)
class PageWords:
    language: str
    texts: Mapping[str, str]

    def say(self, key: str, **values: str) -> str:
        """Raises KeyError for a text that does not exist or a gap without a value."""
        return self.texts[key].format_map(values)


def page_words(*wanted: str | None) -> PageWords:
    """For the first wish that can be met (BCP 47 tags): `es-AR` reads `es`, `pt-PT` reads `pt-BR`."""
    found = (_language_for(tag) for tag in wanted if tag)
    language = next((each for each in found if each is not None), LANGUAGES[0])
    return PageWords(language, _texts(language))


def _language_for(tag: str) -> str | None:
    parts = [part.lower() for part in truncations(tag)]
    exact = (each for part in parts for each in LANGUAGES if each.lower() == part)
    siblings = (each for each in LANGUAGES if truncations(each)[-1].lower() == parts[-1])
    return next(exact, None) or next(siblings, None)


@functools.cache
def _texts(language: str) -> Mapping[str, str]:
    return dict(_flat(tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8")), ""))


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
