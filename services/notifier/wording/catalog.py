"""All that Hito can say: language files and e-mail layouts, read once; `proofread.load_catalog` checks them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notifier.wording.words import Language, Speech, speech, truncations
from shared.shops import Shop

MESSAGES = Path(__file__).parent.parent / "messages"
"""The language files and layouts that come with Hito."""


class CatalogError(ValueError):
    """A language file, a layout or a shop's own words cannot be used; the message names the file and the key."""


@dataclass(frozen=True)
class Catalog:
    """`languages` by tag; `text` and `html` are the two layouts of an e-mail."""

    languages: Mapping[str, Language]
    text: Template
    html: Template

    def speech(self, locale: str | None, shop: Shop) -> Speech:
        """The buyer's language, or the whole message in the shop's: never two languages in one message.

        Raises CatalogError when the shop's own language has no file.
        """
        tag = self._find(locale) if locale is not None else None
        wanted = locale if tag is not None else shop.language
        tag = tag or self._find(shop.language)
        if tag is None:
            raise CatalogError(f"shop {shop.id}: there is no language file for its language {shop.language}")
        return speech(self._chain(tag), wanted, shop.texts)

    @property
    def complete(self) -> tuple[Language, ...]:
        return tuple(language for language in self.languages.values() if language.base is None)

    def _find(self, locale: str) -> str | None:
        """`es-AR`, else `es`; else another country's file of the same language: a Portuguese can read `pt-BR`."""
        tags = truncations(locale)
        siblings = (tag for tag in sorted(self.languages) if truncations(tag)[-1] == tags[-1])
        return next((tag for tag in tags if tag in self.languages), None) or next(siblings, None)

    def _chain(self, tag: str) -> tuple[Language, ...]:
        language = self.languages[tag]
        return (language,) if language.base is None else (language, self.languages[language.base])


def read_catalog(folder: Path) -> Catalog:
    """Read `<tag>.toml` of the folder and `layouts/message.{txt,html}`. Raises CatalogError naming file and key."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise CatalogError(f"{folder}: there is no language file; at least one <tag>.toml is needed")
    languages = {file.stem: _read_language(file) for file in files}
    for language in languages.values():
        base = languages.get(language.base) if language.base is not None else language
        if base is None or base.base is not None:
            raise CatalogError(f"{language.tag}.toml: language.base: {language.base} is no complete language here")
    text = _layout(folder / "layouts" / "message.txt", html=False)
    return Catalog(languages, text, _layout(folder / "layouts" / "message.html", html=True))


def _read_language(file: Path) -> Language:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{file.name}: not TOML: {error}") from error
    texts = dict(_flattened(file, content, ()))
    return Language(file.stem, texts.pop("language.base", None), texts)


def _flattened(file: Path, table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = (*path, name)
        if isinstance(value, dict):
            yield from _flattened(file, value, key)
        elif isinstance(value, str) and value.strip():
            yield ".".join(key), value.strip()
        else:
            raise CatalogError(f"{file.name}: {'.'.join(key)}: a text that is not blank is needed here")


def _layout(file: Path, *, html: bool) -> Template:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=html, trim_blocks=not html, lstrip_blocks=not html
    )
    try:
        return environment.from_string(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise CatalogError(f"{file}: the layout is missing; `make layouts` writes it") from error
    except TemplateSyntaxError as error:
        raise CatalogError(f"{file.name}: line {error.lineno}: {error.message}") from error
